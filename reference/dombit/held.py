"""Held: the root of a DoM, which the receiver holds, found and checked (chapter 13)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from dombit.bitstream.inherited import FindTensors
from dombit.errors import RootMissing, fail
from dombit.limits import Limits
from dombit.models.inherited import inherit, skeleton_id
from dombit.prediction.root import Root
from dombit.prediction.roots import check_root, copied_numbers, root_numbers
from dombit.predictor import Predictor
from dombit.rebuild import Outputs
from dombit.records import Skeleton, Structure, Tensor

FindRoot = Callable[[bytes, bytes], Root]
"""Gives the model with a digest, one with this skeleton id if there is one; raises RootMissing."""


def no_root(digest: bytes, skeleton: bytes = b"") -> NoReturn:  # noqa: ARG001 - a FindRoot
    """Say that no root was given."""
    message = f"the stream is a difference from the model {digest.hex()}, which was not given"
    raise RootMissing(message, hint="give it with --root (roots=[...] in Python)")


def root_tensors(find_root: FindRoot) -> FindTensors:
    """Return what gives the tensors of the root with a digest, compared before."""

    def find(digest: bytes) -> Sequence[Tensor]:
        root = find_root(digest, b"")
        check_root(root, digest)
        return root.tensors

    return find


def open_root(structure: Structure, find_root: FindRoot) -> Predictor | None:
    """Return the predictor of a DoM, its root found and checked; None: the model is no DoM."""
    if not structure.root_digest:
        return None
    root = find_root(structure.root_digest, structure.skeleton_id)
    check_root(root, structure.root_digest)
    numbers = root_numbers(structure, root)
    return Predictor(root=root, numbers=numbers, tensors=structure.tensors)


def inherited_skeleton(
    structure: Structure, predictor: Predictor | None, limits: Limits, *, asked: bool
) -> Skeleton | None:
    """Return the root's skeleton for a model that inherits it; None where the root lacks it.

    `asked`: files are wanted; then a root without the skeleton is refused.
    """
    root = predictor.root if predictor is not None else None
    if not structure.skeleton_id or root is None:
        return None
    if root.skeleton is None or not has_skeleton(root, structure.skeleton_id):
        return refuse_files(structure.skeleton_id) if asked else None
    return inherit(root.skeleton, structure.tensors, limits)


def has_skeleton(root: Root, name: bytes) -> bool:
    """Whether a root has the skeleton with an id."""
    return root.skeleton is not None and skeleton_id(root.skeleton) == name


def refuse_files(name: bytes) -> NoReturn:
    """Say that the files cannot be restored, and what can."""
    fail(
        "root-mismatch",
        "R-PRE-505",
        f"the files need the root's skeleton {name.hex()}, which the root given does not have",
        stage="structure",
        hint="give the root as the file or stream that the sender used, or decode to a "
        ".safetensors, .npz or .pt file for the tensors only",
    )


class HeldOutputs(Outputs):
    """Outputs of a DoM: a copied tensor is read from the root when it is first asked for."""

    def __init__(self, coded: Outputs, structure: Structure, predictor: Predictor) -> None:
        """Take the outputs of the tensors that are coded."""
        super().__init__(coded)
        self._copied = frozenset(copied_numbers(structure))
        self.predictor = predictor

    def __missing__(self, number: int) -> NDArray[np.uint8]:
        """Return the bytes of a copied tensor: the root's own, read-only, or converted ones."""
        if number not in self._copied:
            raise KeyError(number)
        return self.setdefault(number, self.predictor.data(number))


def same_in_root(structure: Structure, predictor: Predictor) -> dict[int, int]:
    """Return the numbers of copied tensors of their root tensor's dtype, with its place there."""
    places = {number: int(predictor.numbers[number]) for number in copied_numbers(structure)}
    return {number: place for number, place in places.items() if predictor.keeps_dtype(number)}


def known_digests(structure: Structure, predictor: Predictor | None) -> dict[int, bytes]:
    """Return the digests of those tensors, by number, where the root has digests."""
    if predictor is None or not predictor.root.digests:
        return {}
    digests = predictor.root.digests
    return {number: digests[at] for number, at in same_in_root(structure, predictor).items()}
