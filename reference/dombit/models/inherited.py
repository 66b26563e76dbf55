"""Inherited: the skeleton of a root, with the tensors of another model (chapters 8 and 13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dombit.errors import fail
from dombit.limits import Limits
from dombit.models.carrier import skeleton_digest
from dombit.records import HOLE, NamedSkeleton, Skeleton, SourceFile, Tensor

ID_BYTES = 16


def skeleton_id(named: NamedSkeleton) -> bytes:
    """Return the id that names a skeleton (16 bytes)."""
    return skeleton_digest(named.skeleton, named.names)[:ID_BYTES]


def inherit(named: NamedSkeleton, tensors: Sequence[Tensor], limits: Limits) -> Skeleton:
    """Return a root's skeleton whose holes the tensors of a model fill, by name.

    It has no file digests. Raises DombitError where a tensor is not there or too small (R-PRE-026),
    or the files are too large (R-LIM-050).
    """
    numbers = {tensor.name: number for number, tensor in enumerate(tensors)}
    place = np.array([numbers.get(name, -1) for name in named.names] or [-1], np.int64)
    files = tuple(_renumbered(file, place) for file in named.skeleton.files)
    for file in files:
        _check_holes(file, named.skeleton.permutations, tensors)
    check_sizes(files, limits)
    return replace(named.skeleton, files=files)


def check_sizes(files: Sequence[SourceFile], limits: Limits) -> None:
    """Refuse files that have more bytes than the caller allows."""
    size = sum(file.size for file in files)
    if size > limits.output_bytes:
        fail("limit-exceeded", "R-LIM-050", f"{size} bytes of files", stage="structure")


def _renumbered(file: SourceFile, place: NDArray[np.int64]) -> SourceFile:
    return replace(file, hole_tensor=place[file.hole_tensor], sha256=b"")


def _check_holes(
    file: SourceFile, permutations: Sequence[tuple[int, ...]], tensors: Sequence[Tensor]
) -> None:
    """Check that the tensor of each hole is there, and has its bytes and its axes."""
    stops = file.hole_first + file.length[file.kind == HOLE]
    holes = zip(
        file.hole_tensor.tolist(), stops.tolist(), file.hole_permutation.tolist(), strict=True
    )
    for number, stop, permutation in holes:
        if number < 0:
            _refuse(f"{file.name!r} has a hole for a tensor that the model has not", None)
        tensor = tensors[number]
        if stop > tensor.byte_size:
            message = f"a hole of {file.name!r} ends at byte {stop} of {tensor.byte_size}"
            _refuse(message, tensor.name)
        axes = permutations[permutation - 1] if permutation else None
        if axes is not None and (len(axes) != len(tensor.shape) or tensor.dtype.bits < 8):
            _refuse(f"a permuted hole of {file.name!r} does not fit its tensor", tensor.name)


def _refuse(message: str, tensor: str | None) -> None:
    fail("malformed", "R-PRE-026", message, stage="structure", tensor=tensor)
