"""Index rows: what the index must say of the units before it (chapter 9)."""

from __future__ import annotations

from array import array

import numpy as np

from dombit.bitstream.group import GroupPayload
from dombit.bitstream.registry import GROUP, INDEX, SEGMENT
from dombit.bitstream.segment import SegmentPayload
from dombit.errors import fail
from dombit.identity import DIGEST_BYTES
from dombit.records import Index, Unit


class IndexRows:
    """Collects one row a unit, for the writer to write and for the reader to compare."""

    def __init__(self) -> None:
        """Begin before the first unit."""
        self._types = array("q")
        self._sizes = array("q")
        self._firsts = array("q")
        self._counts = array("q")
        self._digests = bytearray()
        self.index_offset = 0
        """Offset of the index unit's header once it was added, else 0."""

    @property
    def count(self) -> int:
        """Number of units so far."""
        return len(self._types)

    @property
    def models(self) -> int:
        """Number of models that have ended."""
        return len(self._digests) // DIGEST_BYTES

    def add(self, unit_type: int, start: int, size: int, first: int, count: int) -> None:
        """Add a unit: `first` and `count` as in a group or segment, else 0."""
        self._types.append(unit_type)
        self._sizes.append(size)
        self._firsts.append(first)
        self._counts.append(count)
        if unit_type == INDEX:
            self.index_offset = start

    def add_model(self, digest: bytes) -> None:
        """Add the digest of a model that has ended."""
        self._digests += digest

    def check(self, found: Index, start: int) -> None:
        """Refuse an index, whose unit is at `start`, that says something else."""
        expected = self.record()
        same = len(found.unit_type) == self.count and all(
            np.array_equal(getattr(found, name), getattr(expected, name))
            for name in ("unit_type", "unit_size", "first", "count")
        )
        if not same or found.model_digests not in (b"", expected.model_digests):
            message = "the index differs from the units before it"
            fail("malformed", "R-IDX-010", message, stage="container", at=start)

    def record(self) -> Index:
        """Return the index of the units so far."""
        return Index(
            unit_type=np.array(self._types, np.int64),
            unit_size=np.array(self._sizes, np.int64),
            first=np.array(self._firsts, np.int64),
            count=np.array(self._counts, np.int64),
            model_digests=bytes(self._digests),
        )


def first_and_count(unit: Unit) -> tuple[int, int]:
    """Return what the index says of a unit beside type and size, peeked from its fixed part."""
    if unit.type not in {GROUP, SEGMENT}:
        return 0, 0
    fixed = GroupPayload if unit.type == GROUP else SegmentPayload
    return _small(fixed.peek(unit.payload, "first")), _small(fixed.peek(unit.payload, "count"))


def _small(value: int) -> int:
    """Return a number that fits a signed one: too large ones are refused by their chapter."""
    return value & ((1 << 63) - 1)
