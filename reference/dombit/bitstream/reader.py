"""Reader: a stream, fed in chunks of any size, becomes units (chapter 3)."""

# One unit at most is held, and never more memory than bytes that have come.  The reader parses the
# index and the end itself; all other payloads are left to their chapters.

from __future__ import annotations

from collections.abc import Iterator

from dombit.bitstream import index
from dombit.bitstream.container import (
    Frame,
    UnitHeader,
    parse_body,
    parse_header,
)
from dombit.bitstream.index_rows import IndexRows, first_and_count
from dombit.bitstream.model_end import ModelEndPayload
from dombit.bitstream.order import Order
from dombit.bitstream.packed import short_units
from dombit.bitstream.registry import END, INDEX, MODEL_END, PACKED, UNIT_TYPES
from dombit.bitstream.source import Source
from dombit.errors import DombitError, fail, locating
from dombit.limits import Limits
from dombit.records import Buffer, End, Index, Unit
from dombit.signature import SIGNATURE, check_signature
from dombit.trace import Trace, no_trace


class UnitReader:
    """Push state machine without I/O: feed bytes, take units, finish.

    `index` and `end` hold what the units of these types said, as soon as they were seen; they
    and units of unknown type are not among those that `units` gives.
    """

    def __init__(self, limits: Limits, trace: Trace = no_trace) -> None:
        """Begin before the signature."""
        self.index: Index | None = None
        self.end: End | None = None
        self._limits = limits
        self._trace = trace
        self._order = Order(limits.inflated_bytes)
        self._buffer = _Buffer()
        self._frame: Frame | None = None
        self._signed = self._ended = False
        self._short = 0
        self._rows = IndexRows()

    def feed(self, chunk: Buffer) -> None:
        """Add bytes; a read-only buffer is not copied and must not change until units are taken."""
        self._buffer.add(chunk)

    def units(self) -> Iterator[Unit]:
        """Give the units that are complete; payloads stay valid, they are not overwritten."""
        if not self._signed and not self._read_signature():
            return
        while not self._ended:
            try:
                unit = self._read_unit()
            except DombitError as error:
                raise error.located(unit=self._place) from None
            if unit is None:
                return
            if unit.type == PACKED:
                yield from self._unpack(unit)
            elif unit.type in UNIT_TYPES and unit.type not in {INDEX, END}:
                yield unit
            self._ended = unit.type in {END, PACKED}
        if self._buffer.available:
            message = "bytes follow the last unit"
            at, place = self._buffer.position, self._place
            fail("trailing-data", "R-CON-045", message, stage="container", at=at, unit=place)

    def finish(self) -> None:
        """Say that no more bytes come: truncated unless the last unit was taken."""
        for _unit in self.units():
            pass
        if not self._ended:
            at, unit = self._buffer.position + self._buffer.available, self._place
            message = "the stream ends early"
            fail("truncated", "R-CON-046", message, stage="container", at=at, unit=unit)

    @property
    def _place(self) -> str:
        """The unit that is being read, or the signature."""
        return f"units[{self._rows.count + self._short}]" if self._signed else "signature"

    def _read_signature(self) -> bool:
        seen = self._buffer.peek(min(len(SIGNATURE), self._buffer.available))
        check_signature(seen)
        if len(seen) < len(SIGNATURE):
            return False
        data = self._buffer.take(len(SIGNATURE))
        source = Source(data=data, at=0, path="stream", stage="container", trace=self._trace)
        source.tell("signature", 0, len(SIGNATURE), bytes(data), meaning="Names the format.")
        self._signed = True
        return True

    def _read_unit(self) -> Unit | None:
        """Return the next unit, or None while its bytes are not all there."""
        if self._frame is None:
            self._frame = self._read_frame()
        if self._frame is None:
            return None
        size = self._frame.size - UnitHeader.width()
        if self._buffer.available < size:
            return None

        unit = parse_body(
            self._buffer.take(size), self._frame, self._limits.inflated_bytes, self._trace
        )
        self._frame = None
        self._interpret(unit)
        self._order.take(unit)
        first, count = first_and_count(unit)
        self._rows.add(unit.type, unit.start, unit.size, first, count)
        if unit.type == MODEL_END:
            self._rows.add_model(ModelEndPayload.peek_bytes(unit.payload, "model_digest"))
        return unit

    def _unpack(self, packed: Unit) -> Iterator[Unit]:
        """Yield the units inside a packed one."""
        units = short_units(packed, self._admit, self._trace)
        while True:
            with locating(unit=self._place):
                unit = next(units, None)
                if unit is None:
                    break
                self._order.take(unit)
            self._short += 1
            if unit.type in UNIT_TYPES:
                yield unit
        with locating(unit=f"units[{packed.number}]"):
            self._order.finish_packed(packed.payload_start)

    def _admit(self, unit_type: int, start: int, number: int) -> None:
        """Refuse a unit that may not stand here, or is one too many."""
        self._order.check(unit_type, start)
        if number >= self._limits.units:
            message = f"more than {self._limits.units} units"
            fail("limit-exceeded", "R-LIM-007", message, stage="container", at=start)

    def _read_frame(self) -> Frame | None:
        if self._buffer.available < UnitHeader.width():
            return None
        start, number = self._buffer.position, self._rows.count
        frame = parse_header(self._buffer.take(UnitHeader.width()), start, number, self._trace)
        self._admit(frame.header.unit_type, start, number)
        return frame

    def _interpret(self, unit: Unit) -> None:
        if unit.type == INDEX:
            models = self._rows.models
            self.index = index.parse(unit, models, self._limits, self._trace)
            self._rows.check(self.index, unit.start)
        elif unit.type == END:
            end = index.parse_end_unit(unit, self._trace)
            index.check_file_size(end, unit.start + unit.size)
            if end.index_offset != self._rows.index_offset:
                message = f"index_offset is {end.index_offset}, not {self._rows.index_offset}"
                at = unit.payload_start
                fail("malformed", "R-IDX-009", message, stage="container", at=at)
            self.end = end


class _Buffer:
    """Bytes that have come and were not taken yet."""

    def __init__(self) -> None:
        self.position = 0
        """Offset in the stream of the first byte that was not taken."""
        self._data: bytearray | memoryview = memoryview(b"")
        self._start = 0
        self._lent = False

    @property
    def available(self) -> int:
        """Number of bytes that can be taken."""
        return len(self._data) - self._start

    def add(self, chunk: Buffer) -> None:
        view = memoryview(chunk).cast("B")
        if not self.available:
            self._data, self._start, self._lent = _kept(view), 0, True
            return
        # A buffer of which views were given out cannot grow: the rest moves to a new one.
        if self._lent or not isinstance(self._data, bytearray):
            self._data = bytearray(memoryview(self._data)[self._start :])
            self._start, self._lent = 0, False
        self._data += view

    def peek(self, size: int) -> memoryview:
        """Return the next bytes without taking them."""
        self._lent = True
        return memoryview(self._data)[self._start : self._start + size]

    def take(self, size: int) -> memoryview:
        view = self.peek(size)
        self._start += size
        self.position += size
        return view


def _kept(view: memoryview) -> memoryview:
    """Return a view that its owner will not overwrite."""
    return view if view.readonly else memoryview(bytes(view))
