"""Stored units: the bytes of a group as they are (12.2)."""

from __future__ import annotations

from conformance.decoder.group import Group
from conformance.decoder.reject import Judge
from conformance.decoder.segment import Cover
from conformance.decoder.structure import DTYPES, Tensor
from conformance.decoder.tables import BitReader

JUDGE = Judge("segment")


def layout(group: Group) -> tuple[list[tuple[int, Tensor]], int]:
    """Return where the tensors stand in the byte sequence of a group, and its size."""
    at, out = 0, []
    for part in group.parts:
        if part.tensor.size:
            at += -at % (1 << group.alignment)
            out.append((at, part.tensor))
            at += part.tensor.size
    return out, at


def read_stored(payload: bytes, group: Group, cover: Cover) -> None:
    """Take a stored unit: a piece of the group's byte sequence."""
    places, total = layout(group)
    last = cover.segments == group.segment_count
    first, stop = len(cover.stored), len(cover.stored) + len(payload)
    JUDGE.fits(len(payload) > 0, "R-SEG-038: an empty stored unit")
    JUDGE.fits(stop <= total, "R-SEG-038: a stored unit beyond the bytes of its group")
    JUDGE.allow(last or len(payload) % 64 == 0, "R-SEG-039: size of a stored unit")
    cover.stored += payload
    end = 0
    for at, tensor in [*places, (total, None)]:
        gap = cover.stored[max(end, first) : min(at, stop)]
        JUDGE.allow(not any(gap), "R-SEG-041: gap bytes are not zero")
        if tensor is not None:
            end = at + tensor.size
            unused = tensor.count * tensor.bits % 8
            if unused and first < end <= stop:
                good = cover.stored[end - 1] >> unused == 0
                JUDGE.allow(good, "R-SEG-043: unused bits are not zero")


def split_stored(group: Group, data: bytes) -> None:
    """Give the stored bytes to the tensors."""
    places, total = layout(group)
    JUDGE.fits(len(data) == total, "R-SEG-042: stored bytes are missing")
    width = DTYPES[group.dtype][1]
    for at, tensor in places:
        bits = BitReader(data[at : at + tensor.size], JUDGE)
        tensor.parts = [bits.take(width) for _ in range(tensor.count * tensor.bits // width)]
