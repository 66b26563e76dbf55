"""Stored units: the bytes of a group as they are (12.2)."""

from __future__ import annotations

from conformance.decoder.group import Group
from conformance.decoder.reject import Judge
from conformance.decoder.segment import Cover
from conformance.decoder.structure import DTYPES
from conformance.decoder.tables import BitReader

JUDGE = Judge("segment")


def read_stored(payload: bytes, group: Group, cover: Cover) -> None:
    """Return a stored unit: a piece of the group's byte sequence."""
    last = cover.segments == group.segment_count
    JUDGE.fits(len(payload) > 0, "R-SEG-038: an empty stored unit")
    JUDGE.allow(last or len(payload) % 64 == 0, "size of a stored unit")
    cover.stored += payload


def split_stored(group: Group, data: bytes) -> None:
    """Give the stored bytes to the tensors."""
    at = 0
    for part in group.parts:
        tensor = part.tensor
        if tensor.size == 0:
            continue
        gap = -at % (1 << group.alignment)
        JUDGE.fits(at + gap + tensor.size <= len(data), "stored bytes are missing")
        JUDGE.allow(not any(data[at : at + gap]), "gap bytes are not zero")
        at += gap
        width = DTYPES[group.dtype][1]
        bits = BitReader(data[at : at + tensor.size], JUDGE)
        tensor.parts = [bits.take(width) for _ in range(tensor.count * tensor.bits // width)]
        bits.end()
        at += tensor.size
    JUDGE.fits(at == len(data), "stored bytes are left over")
