"""Unpacked: the units of a packed stream, for readers that look for them in an index (chapter 15).

A packed stream is small: it is read and checked as a whole, in file order.
"""

from __future__ import annotations

from collections.abc import Sequence

from dombit.bitstream.container import UnitHeader
from dombit.bitstream.index_rows import IndexRows, first_and_count
from dombit.bitstream.reader import UnitReader
from dombit.bitstream.registry import PACKED
from dombit.limits import Limits
from dombit.records import Index, Unit
from dombit.signature import SIGNATURE


def is_packed(head: memoryview) -> bool:
    """Whether a stream that begins with these bytes is a packed one."""
    start = len(SIGNATURE)
    return head[:start] == SIGNATURE and UnitHeader.peek(head[start:], "unit_type") == PACKED


def unpacked(data: memoryview, limits: Limits) -> list[Unit]:
    """Return the units of a packed stream; raises DombitError as a decoder does."""
    reader = UnitReader(limits)
    reader.feed(data)
    units = list(reader.units())
    reader.finish()
    return units


def rows_of(units: Sequence[Unit]) -> Index:
    """Return what an index would say of these units."""
    rows = IndexRows()
    for unit in units:
        rows.add(unit.type, unit.start, unit.size, *first_and_count(unit))
    return rows.record()
