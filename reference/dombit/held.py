"""Held: the root of a DoM, which the receiver holds, found and checked (chapter 13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from dombit.errors import RootMissing
from dombit.prediction.root import Root
from dombit.prediction.roots import check_root, root_numbers
from dombit.predictor import Predictor
from dombit.records import Structure

FindRoot = Callable[[bytes], Root]
"""Gives the model with a digest; raises RootMissing."""


def no_root(digest: bytes) -> NoReturn:
    """Say that no root was given."""
    message = f"the stream is a difference from the model {digest.hex()}, which was not given"
    raise RootMissing(message, hint="give it with --root (roots=[...] in Python)")


def open_root(structure: Structure, find_root: FindRoot) -> Predictor | None:
    """Return the predictor of a DoM, its root found and checked; None: the model is no DoM."""
    if not structure.root_digest:
        return None
    root = find_root(structure.root_digest)
    check_root(root, structure.root_digest)
    numbers = root_numbers(structure, root)
    return Predictor(root=root, numbers=numbers, tensors=structure.tensors)
