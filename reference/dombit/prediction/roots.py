"""Roots: which tensor of the root each tensor of a DoM has (chapter 13)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dombit.errors import fail
from dombit.prediction.convert import convertible
from dombit.prediction.root import Root
from dombit.records import Structure, Tensor

NONE, NUMBERED = 1, 2
"""Values of the column `root_tensor`: 0 by name, 1 none; from 2 on it is a number of the root."""


def check_root(root: Root, digest: bytes) -> None:
    """Refuse a root that is not the one that a stream names."""
    if root.model_digest != digest:
        message = f"the root given is {root.model_digest.hex()}, the stream needs {digest.hex()}"
        fail("root-mismatch", "R-PRE-502", message, stage="structure")


def root_numbers(structure: Structure, root: Root) -> NDArray[np.int64]:
    """Return the number of the root tensor of each tensor, -1 where it has none."""
    numbers = numbers_by_name(structure.tensors, root)
    said = structure.root_tensor
    numbers[said == NONE] = -1
    for number in np.flatnonzero(said >= NUMBERED).tolist():
        place, tensor = int(said[number]) - NUMBERED, structure.tensors[number]
        if place >= len(root.tensors) or not convertible(root.tensors[place], tensor):
            message = f"root tensor {place} of {len(root.tensors)} is not there, or does not fit"
            fail("malformed", "R-PRE-007", message, stage="structure", tensor=tensor.name)
        numbers[number] = place
    for number in copied_numbers(structure):
        if numbers[number] < 0:
            message = "a copied tensor has no root tensor"
            name = structure.tensors[number].name
            fail("malformed", "R-PRE-008", message, stage="structure", tensor=name)
    return numbers


def numbers_by_name(tensors: Sequence[Tensor], root: Root) -> NDArray[np.int64]:
    """Return the root's tensor of the same name for each tensor, -1 where none fits."""
    places = {tensor.name: place for place, tensor in enumerate(root.tensors)}
    numbers = np.full(len(tensors), -1, np.int64)
    for number, tensor in enumerate(tensors):
        place = places.get(tensor.name)
        if place is not None and convertible(root.tensors[place], tensor):
            numbers[number] = place
    return numbers


def copied_numbers(structure: Structure) -> list[int]:
    """Return the numbers of the tensors that are their predictions: no aliases, not coded."""
    coded = set(structure.coded_order.tolist())
    return [n for n, each in enumerate(structure.tensors) if not each.alias and n not in coded]
