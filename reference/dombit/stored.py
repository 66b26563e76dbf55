"""Stored groups: canonical bytes as they are (chapters 7 and 12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dombit.dtypes import elements
from dombit.errors import fail
from dombit.layout import Layout
from dombit.records import Tensor


@dataclass(kw_only=True)
class StoredSequence:
    """The byte sequence of a stored group, as its units arrive."""

    spans: tuple[tuple[int, int, int], ...]
    """(tensor number, first byte, bytes) of each tensor that is not empty, ascending."""
    tensors: dict[int, Tensor]
    """Those tensors by number."""
    total: int
    position: int = 0
    next_span: int = 0


def lay_out_bytes(layout: Layout, alignment: int) -> StoredSequence:
    """Return where each tensor lies in the byte sequence of its group."""
    spans = []
    tensors: dict[int, Tensor] = {}
    at = 0
    for span in layout.spans:
        size = span.tensor.byte_size
        if size:
            first = at + (-at & (1 << alignment) - 1)
            spans.append((span.number, first, size))
            tensors[span.number] = span.tensor
            at = first + size
    return StoredSequence(spans=tuple(spans), tensors=tensors, total=at)


def take_stored(
    sequence: StoredSequence,
    payload: memoryview,
    outputs: dict[int, NDArray[np.uint8]],
    *,
    last: bool,
) -> None:
    """Copy the next stored unit of a group, perhaps the last, into the tensors that it holds."""
    data = np.frombuffer(payload, np.uint8)
    stop = sequence.position + data.size
    if stop > sequence.total or data.size == 0:
        fail("malformed", "R-SEG-038", "stored bytes beyond the group's tensors", stage="segment")
    if data.size % 64 and not last:
        fail(
            "forbidden-value",
            "R-SEG-039",
            "a stored unit before the last is no multiple of 64 bytes",
            stage="segment",
        )
    covered = 0
    while sequence.next_span < len(sequence.spans):
        number, first, size = sequence.spans[sequence.next_span]
        low, high = max(first, sequence.position), min(first + size, stop)
        if low < high:
            if number in outputs:
                outputs[number][low - first : high - first] = data[
                    low - sequence.position : high - sequence.position
                ]
            _check_gap(data[covered : low - sequence.position])
            covered = high - sequence.position
        if first + size > stop:
            break
        if number in outputs:
            _check_unused_bits(sequence.tensors[number], outputs[number])
        sequence.next_span += 1
    _check_gap(data[covered:])
    sequence.position = stop


def _check_gap(gap: NDArray[np.uint8]) -> None:
    if gap.any():
        fail(
            "forbidden-value",
            "R-SEG-041",
            "a gap between stored tensors is not zero",
            stage="segment",
        )


def _check_unused_bits(tensor: Tensor, data: NDArray[np.uint8]) -> None:
    """Check the last byte of a tensor of narrow elements as soon as it is there."""
    bits = elements(tensor.shape) * tensor.dtype.bits & 7
    if bits and data[-1] >> bits:
        fail(
            "forbidden-value",
            "R-SEG-043",
            "bits behind the last element are not zero",
            stage="segment",
            tensor=tensor.name,
        )


def close_stored(sequence: StoredSequence) -> None:
    """Check that a stored group is complete."""
    if sequence.position != sequence.total:
        fail(
            "malformed",
            "R-SEG-042",
            f"{sequence.position} of {sequence.total} stored bytes are there",
            stage="segment",
        )


def stored_pieces(
    layout: Layout, alignment: int, datas: dict[int, NDArray[np.uint8]]
) -> Iterator[NDArray[np.uint8]]:
    """Yield the byte sequence of a stored group: the inverse of take_stored."""
    at = 0
    for number, first, _ in lay_out_bytes(layout, alignment).spans:
        if first > at:
            yield np.zeros(first - at, np.uint8)
        yield datas[number]
        at = first + datas[number].size
