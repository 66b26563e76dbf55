"""Entries: the directory of a table of columns, checked entry by entry (chapter 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dombit.bitstream.columns import ANCILLARY, WIDTHS, Column, Entry
from dombit.bitstream.source import Source
from dombit.trace import no_trace

NONE_RESERVED: Mapping[int, str] = {}


@dataclass(frozen=True, slots=True)
class Present:
    """A column that is there, and where."""

    id: int
    width: int
    start: int
    stop: int
    column: Column | None
    """None: unknown and ancillary."""


def read_directory(
    source: Source,
    start: int,
    count: int,
    columns: Sequence[Column],
    reserved: Mapping[int, str],
) -> list[Present]:
    """Return the columns of a payload, each entry checked in the order of the directory."""
    stop = start + count * Entry.width()
    if stop > len(source.data):
        size = f"{len(source.data)} bytes where the column directory ends at {stop}"
        source.refuse("malformed", "R-CON-007", f"the payload has {size}", start)
    known = {column.id: column for column in columns}
    entries = np.frombuffer(source.data, Entry.record_dtype(), count, start).tolist()
    present: list[Present] = []
    position, previous = stop, -1
    gaps: list[tuple[int, int]] = []
    for index, (identity, width, flag_bits, size) in enumerate(entries):
        at = start + index * Entry.width()
        entry = Entry(column_id=identity, element=width, flags=flag_bits, size=size)
        _tell_entry(source, at, index, entry)
        if identity in reserved and identity > previous:
            message = f"column {identity} ({reserved[identity]}) is reserved for a later version"
            source.refuse("unsupported", "R-CON-048", message, at)
        _check_entry(source, at, entry, previous, known.get(identity))
        begin = position + -position % max(1, width)
        gaps.append((position, begin))
        position, previous = begin + size, identity
        present.append(Present(identity, width, begin, position, known.get(identity)))
    if position != len(source.data):
        message = f"columns end at {position}, the payload at {len(source.data)}"
        source.refuse("malformed", "R-CON-008", message, start)
    for gap, begin in gaps:
        source.check_zero(gap, begin, "column gap")
    return present


def _tell_entry(source: Source, at: int, index: int, entry: Entry) -> None:
    if source.trace is no_trace:
        return
    for row in Entry.describe():
        begin, stop = at + row.offset, at + row.offset + row.field.width
        name, value = f"directory[{index}].{row.name}", getattr(entry, row.name)
        source.tell(name, begin, stop, value, meaning=row.field.meaning, rule=row.field.rule)


def _check_entry(
    source: Source, at: int, entry: Entry, previous: int, column: Column | None
) -> None:
    width, size = entry.element, entry.size
    name = column.name if column else f"column {entry.column_id}"
    ancillary = bool(entry.flags & ANCILLARY)
    if entry.column_id <= previous:
        source.refuse("malformed", "R-CON-009", f"{name} follows column {previous}", at)
    if column is None and not ancillary:
        source.refuse("unsupported", "R-CON-010", f"{name} is not known", at)
    if width not in {0, *WIDTHS} or (column and (width == 0) != (column.kind == "bytes")):
        source.refuse("malformed", "R-CON-011", f"{name}: width {width}", at + 2)
    if entry.flags & ~ANCILLARY:
        source.refuse("unsupported", "R-CON-004", f"{name}: flags {entry.flags:#x}", at + 3)
    if column is not None and ancillary:
        source.refuse("forbidden-value", "R-CON-012", f"{name} is not ancillary", at + 3)
    if size == 0 or size % max(1, width):
        source.refuse("malformed", "R-CON-013", f"{name}: {size} bytes of width {width}", at + 4)
