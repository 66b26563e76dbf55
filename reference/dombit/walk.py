"""Walk: the units of a stream that has no index, found header by header (chapter 15)."""

from __future__ import annotations

from collections.abc import Callable

from dombit.bitstream import registry
from dombit.bitstream.container import Frame, UnitHeader, parse_header, read_unit_at
from dombit.bitstream.index_rows import IndexRows, first_and_count
from dombit.bitstream.order import NEXT, START
from dombit.bitstream.segment import SegmentPayload
from dombit.errors import Kind, fail
from dombit.limits import Limits
from dombit.records import Index
from dombit.signature import SIGNATURE

Range = Callable[[int, int], memoryview]
"""Bytes of the stream: offset and size; fewer where the stream ends before."""

WINDOW = 1 << 12
"""Bytes that are read at a time: the headers of many small units, or one large unit's."""


def walk(read: Range, size: int, limits: Limits) -> Index:
    """Return what an index would say of a stream of `size` bytes, the end unit left out.

    Of each unit its header is read and checked, of groups the whole unit, of segments the fixed
    part as well (not checked here: whoever uses a segment checks all of it). Memory: one row a
    unit, and one group. Raises DombitError where headers do not lead from the signature to the
    end of the stream, or units follow each other that may not.
    """
    rows, window, state, at = IndexRows(), _Window(read), START, len(SIGNATURE)
    while True:
        frame = _frame(window, at, rows.count, size, limits)
        unit_type = frame.header.unit_type
        _check_order(frame, state)
        if unit_type == registry.END:
            if at + frame.size != size:
                _refuse("trailing-data", "R-CON-045", "bytes follow the end unit", frame)
            return rows.record()
        rows.add(unit_type, at, frame.size, *_first_and_count(window, frame, limits))
        state = unit_type if frame.known else state
        at += frame.size


class _Window:
    """The last bytes that were read, so that small units cost few reads."""

    def __init__(self, read: Range) -> None:
        self._read = read
        self._start = 0
        self._data = memoryview(b"")

    def take(self, start: int, size: int) -> memoryview:
        """Return a range, from the window where it lies inside."""
        if not self._start <= start <= start + size <= self._start + len(self._data):
            self._start, self._data = start, self._read(start, max(size, WINDOW))
        return self._data[start - self._start :][:size]


def _frame(window: _Window, at: int, number: int, size: int, limits: Limits) -> Frame:
    """Return the checked header of the unit that begins at `at` and lies inside the stream."""
    data = window.take(at, UnitHeader.width())
    if len(data) < UnitHeader.width():
        _truncated(size, number)
    frame = parse_header(data, at, number)
    if at + frame.size > size:
        _truncated(size, number)
    if number >= limits.units:
        _refuse("limit-exceeded", "R-LIM-007", f"more than {limits.units} units", frame)
    return frame


def _check_order(frame: Frame, state: int) -> None:
    """Refuse a unit that may not follow the known unit before it."""
    unit_type = frame.header.unit_type
    if unit_type in NEXT[state] or (not frame.known and state != START):
        if unit_type == registry.INDEX:
            _refuse("malformed", "R-IDX-009", "the end unit names no index, one is there", frame)
        if unit_type == registry.STRUCTURE and state != registry.HEADER:
            _refuse("malformed", "R-CON-041", "more models than the header says", frame)
        return
    before = registry.UNIT_TYPES[state].name if state else "the signature"
    name = registry.UNIT_TYPES[unit_type].name if frame.known else "unknown"
    _refuse("malformed", "R-CON-035", f"unit {name} may not follow {before}", frame)


def _first_and_count(window: _Window, frame: Frame, limits: Limits) -> tuple[int, int]:
    """Return what an index says of a unit beside type and size."""
    if frame.header.unit_type == registry.GROUP:
        data = window.take(frame.start, frame.size)
        return first_and_count(read_unit_at(data, frame.start, limits.inflated_bytes, frame.number))
    if frame.header.unit_type != registry.SEGMENT:
        return 0, 0
    size = min(frame.header.payload_size, SegmentPayload.width())
    return first_and_count(frame.unit(window.take(frame.payload_start, size)))


def _truncated(size: int, number: int) -> None:
    message, unit = "the stream ends early", f"units[{number}]"
    fail("truncated", "R-CON-046", message, stage="container", at=size, unit=unit)


def _refuse(kind: Kind, rule: str, message: str, frame: Frame) -> None:
    unit = f"units[{frame.number}]"
    fail(kind, rule, message, stage="container", at=frame.start, unit=unit)
