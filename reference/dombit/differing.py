"""Differing: the elements of a tensor that are not their predictions (chapter 13)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.dtypes import DType, elements, pack_bits, unpack_bits
from dombit.entropy import lanes
from dombit.rebuild import Outputs, Pending
from dombit.records import SPARSE
from dombit.sparse import changed_elements, rebuild_any

Differing = tuple[NDArray[np.int64], NDArray[np.uint8]]
"""Flat indices of elements, ascending, and their canonical bytes, one after another."""


@dataclass(kw_only=True)
class Finder:
    """Takes decoded segments: of sparse ones it keeps what differs in one tensor, and no more."""

    number: int
    dtype: DType
    """Of the tensor."""
    kept: list[tuple[NDArray[np.int64], NDArray[Any]]] = field(default_factory=list)
    """Flat indices and patterns, a part of a segment each: threads may mix their order."""

    def put(self, item: Pending, output: lanes.LaneOutput, outputs: Outputs) -> None:
        """Take a decoded segment; the elements of a dense one go to `outputs`."""
        if item.segment.kind != SPARSE:
            rebuild_any(item, output, outputs)
            return
        for part, predicted, some, patterns in changed_elements(item, output):
            span = item.context.layout.spans[part.span]
            if span.number == self.number:
                moved = patterns != predicted[some]
                self.kept.append((some[moved] + (span.offset + part.first), patterns[moved]))

    def found(self) -> Differing:
        """Return what the sparse segments held."""
        if not self.kept:
            return everything_of(np.zeros(0, np.uint8), self.dtype, 0)
        parts = sorted(self.kept, key=lambda kept: kept[0][:1].tolist())  # disjoint, ascending
        places = np.concatenate([indices for indices, _ in parts])
        patterns = np.concatenate([patterns for _, patterns in parts])
        if self.dtype.bits < 8:
            return places, pack_bits(patterns.astype(np.uint8), self.dtype.bits)
        return places, patterns.astype(patterns.dtype.newbyteorder("<")).view(np.uint8)


def differing(
    data: NDArray[np.uint8], predicted: NDArray[np.uint8], dtype: DType, shape: tuple[int, ...]
) -> Differing:
    """Return the elements of a tensor that are not their predictions; both as canonical bytes."""
    count = elements(shape)
    mine, theirs = _rows(data, dtype, count), _rows(predicted, dtype, count)
    places = np.flatnonzero((mine != theirs).any(axis=1) if mine.shape[1] > 1 else mine != theirs)
    found = np.ascontiguousarray(mine[places]).view(np.uint8).reshape(-1)
    return places, pack_bits(found, dtype.bits) if dtype.bits < 8 else found


def everything_of(data: NDArray[np.uint8], dtype: DType, count: int) -> Differing:
    """Return all elements of a tensor."""
    return np.arange(count, dtype=np.int64), data[: (count * dtype.bits + 7) // 8]


def _rows(data: NDArray[np.uint8], dtype: DType, count: int) -> NDArray[np.unsignedinteger]:
    """Return the patterns of whole elements, [count, words]."""
    if dtype.bits < 8:
        return unpack_bits(data, dtype.bits, count).reshape(count, 1)
    width = dtype.bits // 8
    return data.view(f"<u{min(width, 8)}").reshape(count, -(-width // 8))
