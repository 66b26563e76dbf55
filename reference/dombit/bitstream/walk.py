"""Walk: the units of a stream that may be damaged, fault after fault (chapter 3)."""

# The reader stops at the first fault, as a decoder must.  The walk tells of it and goes on: behind
# a unit whose header holds, else at the next header whose CRC agrees.  Which unit may follow which
# is checked up to the first fault only: behind it units are missing.

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from dombit.bitstream import index
from dombit.bitstream.bodies import SAVED, read_body, save_body
from dombit.bitstream.container import (
    CRC_BYTES,
    DEFLATED,
    Frame,
    UnitHeader,
    check_type,
    read_header,
)
from dombit.bitstream.index_rows import IndexRows, first_and_count
from dombit.bitstream.model_end import ModelEndPayload
from dombit.bitstream.order import Order
from dombit.bitstream.packed import short_units
from dombit.bitstream.registry import END, INDEX, MODEL_END, PACKED, UNIT_TYPES
from dombit.bitstream.resync import ReadAt, next_header, unit_size
from dombit.bitstream.source import Source
from dombit.errors import DombitError, Kind, fail
from dombit.events import FaultFound, Tell, UnitRead
from dombit.limits import Limits
from dombit.records import Unit
from dombit.signature import SIGNATURE

MOST_FAULTS = 100
"""Faults of the container after which the rest is not read: each may cost a search."""
MOST_BACKS = 8
"""Searches inside the payload of a unit before: each may read that payload again."""
HEAD = UnitHeader.width()


class Walk:
    """Gives the known units of a stream whose bytes can be read anywhere; holds one at a time.

    A fault is told as it is found. A unit whose payload CRC differs is given all the same.
    """

    def __init__(
        self, read: ReadAt, size: int, limits: Limits, tell: Tell, *, whole: bool = False
    ) -> None:
        """Take how to read, how many bytes there are, and whom to tell of fields and faults.

        `whole`: stored units have their whole payload, not the first few bytes.
        """
        self.fault: DombitError | None = None
        """The first one."""
        self.damaged = -1
        """Number of the last unit that came with a fault."""
        self.count = 0
        """Units that were found."""
        self._read = read
        self._size = size
        self._limits = limits
        self._tell = tell
        self._whole = whole
        self._order = Order(limits.inflated_bytes)
        self._rows = IndexRows()
        self._doubtful: int | None = None
        """Where the payload of the unit before begins, if its CRC differs: it may be too short."""
        self._faults = self._backs = 0
        self._ended = False

    def units(self) -> Iterator[Unit]:
        """Yield the units, payloads inflated."""
        position = self._signature()
        while position < self._size and not self._ended:
            if self._faults >= MOST_FAULTS or self.count >= self._limits.units:
                self._gap(position, self._size, "Not read: too many faults or units.", "unread")
                return
            unit, position = self._step(position)
            if unit is not None and unit.type == PACKED:
                yield from self._unpack(unit)
            elif unit is not None:
                yield unit
        if not self._ended:
            place = "signature" if self._size < len(SIGNATURE) else None
            self._refuse("truncated", "R-CON-046", "the stream ends early", self._size, place)
        elif position < self._size:
            self._refuse("trailing-data", "R-CON-045", "bytes follow the last unit", position)
            self._gap(position, self._size, "Bytes behind the last unit.", "trailing")

    def _unpack(self, packed: Unit) -> Iterator[Unit]:
        """Yield the units inside a packed one up to the first fault."""
        self._ended = True
        if packed.number == self.damaged:
            return
        place = packed.number + 1
        try:
            for unit in short_units(packed, self._admit, self._tell, self._tell):
                self.count += 1
                place = unit.number + 1
                self._order.take(unit)
                if unit.type in UNIT_TYPES:
                    yield unit
            place = packed.number
            self._order.finish_packed(packed.payload_start)
        except DombitError as error:
            self._found(error.located(unit=f"units[{place}]"))

    def _admit(self, unit_type: int, start: int, _number: int) -> None:
        self._order.check(unit_type, start)

    # ------------------------------------------------------------------------------- one unit

    def _signature(self) -> int:
        """Return where the first unit begins: what stands there instead is told."""
        head = self._read(0, len(SIGNATURE))
        source = self._source(head, 0, "stream")
        if head == SIGNATURE:
            source.tell("signature", 0, len(head), head, meaning="Names the format.")
        elif head == SIGNATURE[: len(head)]:
            self._gap(0, self._size, "The beginning of a signature.")
        else:
            at = next(n for n, byte in enumerate(head) if byte != SIGNATURE[n])
            self._refuse("not-dombit", "R-CON-047", "no dombit signature", at, "signature")
            return self._find(0, 0)
        return len(head)

    def _step(self, position: int) -> tuple[Unit | None, int]:
        """Return the unit at a position, if there is one, and where to go on."""
        doubtful, self._doubtful = self._doubtful, None
        head = memoryview(self._read(position, HEAD))
        if len(head) < HEAD:
            self._gap(position, self._size, "Too few bytes for a unit header.")
            return None, self._size
        try:
            frame = read_header(head, position, self.count)
            self._check_header(frame)
        except DombitError as error:
            return None, self._behind_header(head, position, doubtful, error)
        return self._behind_frame(frame, head)

    def _check_header(self, frame: Frame) -> None:
        """Check type and order; a unit that is not aligned, as behind lost bytes, is read."""
        try:
            check_type(frame)
        except DombitError as error:
            if error.rule != "R-CON-026":
                raise
            if self.fault is None:
                self._found(error)
        if self.fault is None:
            self._order.check(frame.header.unit_type, frame.start)

    def _behind_header(
        self, head: memoryview, position: int, doubtful: int | None, error: DombitError
    ) -> int:
        """Tell of a header that does not hold; skip its unit where its CRC agrees, else search."""
        if error.rule != "R-CON-016":
            return self._skip(head, position, error)
        if doubtful is not None and self._backs < MOST_BACKS:
            self._backs += 1
            found = next_header(self._read, doubtful, self._size)
            if found is not None and found < position:
                return found  # the unit before, already told of, is shorter than its header says
        with contextlib.suppress(DombitError):
            read_header(head, position, self.count, self._tell)
        self._found(error)
        return self._find(position, position + 1)

    def _skip(self, head: memoryview, position: int, error: DombitError) -> int:
        """Tell of a header whose CRC agrees but that may not stand there; return the unit's end."""
        stop, place = min(position + unit_size(head), self._size), f"units[{self.count}]"
        self._announce(head, position, stop)
        with contextlib.suppress(DombitError):
            read_header(head, position, self.count, self._tell)
        self._found(error.located(unit=place))
        start = position + HEAD
        data = self._read(start, min(64, stop - start))
        self._source(data, start, place).tell(
            "skipped", 0, stop - start, f"{stop - start} bytes", meaning="Not read."
        )
        self.count += 1
        return stop

    def _find(self, position: int, start: int) -> int:
        """Return where the next header stands, at or behind start; bytes before it are a gap."""
        found = next_header(self._read, start, self._size)
        stop = self._size if found is None else found
        self._gap(position, stop, "Bytes that belong to no unit.")
        return stop

    def _behind_frame(self, frame: Frame, head: memoryview) -> tuple[Unit | None, int]:
        """Return the unit of a header that holds, and where the next one begins."""
        place = f"units[{self.count}]"
        stop = frame.start + frame.size
        self._announce(head, frame.start, min(stop, self._size))
        read_header(head, frame.start, self.count, self._tell)
        if stop > self._size:
            return None, self._behind_end(frame, place)
        limits, unit = self._limits, None
        try:
            unit = read_body(self._read, frame, limits, self._tell, whole=self._whole)
        except DombitError as error:
            self._found(error.located(unit=place))
            self.damaged = self.count
            self._doubtful = frame.payload_start if error.rule == "R-CON-017" else None
            if error.rule in SAVED:
                unit = save_body(self._read, frame, limits, self._tell)
        self.count += 1
        if unit is not None:
            self._check(unit)
            self._ended = unit.type == END
        return (unit if unit is not None and unit.type in UNIT_TYPES else None), stop

    def _behind_end(self, frame: Frame, place: str) -> int:
        """Return where to go on when a unit is longer than the stream: at a unit inside it."""
        start = frame.start + HEAD
        if next_header(self._read, start, self._size) is not None:
            self._refuse("truncated", "R-CON-046", "the stream ends early", self._size, place)
            self.count += 1
        return self._find(start, start)

    # ------------------------------------------------------------- what units say of each other

    def _check(self, unit: Unit) -> None:
        """Check order, index and end up to the first fault."""
        try:
            self._interpret(unit)
            if self.fault is None:
                self._order.take(unit)
        except DombitError as error:
            if unit.number != self.damaged:
                self._found(error.located(unit=f"units[{unit.number}]"))
        if self.fault is not None:
            return
        first, count = first_and_count(unit)
        self._rows.add(unit.type, unit.start, unit.size, first, count)
        if unit.type == MODEL_END:
            self._rows.add_model(ModelEndPayload.peek_bytes(unit.payload, "model_digest"))

    def _interpret(self, unit: Unit) -> None:
        if unit.type == INDEX:
            models = max(1, self._rows.models)
            found = index.parse(unit, models, self._limits, self._tell)
            if self.fault is None:
                self._rows.check(found, unit.start)
        elif unit.type == END:
            end = index.parse_end_unit(unit, self._tell)
            if self.fault is not None:
                return
            index.check_file_size(end, unit.start + unit.size)
            if end.index_offset != self._rows.index_offset:
                message = f"index_offset is {end.index_offset}, not {self._rows.index_offset}"
                fail("malformed", "R-IDX-009", message, stage="container", at=unit.payload_start)

    # ------------------------------------------------------------------------------- telling

    def _announce(self, head: memoryview, start: int, stop: int) -> None:
        code = UnitHeader.peek(head, "unit_type")
        kind = UNIT_TYPES.get(code)
        payload = min(start + HEAD + UnitHeader.peek(head, "pad_length"), stop)
        event = UnitRead(
            number=self.count,
            name=kind.name if kind else f"type_{code}",
            start=start,
            stop=stop,
            payload_start=payload,
            payload_stop=max(payload, min(start + unit_size(head) - CRC_BYTES, stop)),
            deflated=kind is not None and bool(UnitHeader.peek(head, "flags") & DEFLATED),
        )
        self._tell(event)

    def _gap(self, start: int, stop: int, meaning: str, name: str = "gap") -> None:
        if stop > start:
            data = self._read(start, min(64, stop - start))
            source = self._source(data, start, name)
            source.tell("bytes", 0, stop - start, f"{stop - start} bytes", meaning=meaning)

    def _source(self, data: bytes | memoryview, at: int, path: str) -> Source:
        return Source(data=memoryview(data), at=at, path=path, stage="container", trace=self._tell)

    def _refuse(
        self, kind: Kind, rule: str, message: str, at: int, unit: str | None = None
    ) -> None:
        place = unit or f"units[{self.count}]"
        self._found(DombitError(kind, rule, message, stage="container", at=at, unit=place))

    def _found(self, error: DombitError) -> None:
        self._faults += 1
        self.fault = self.fault or error
        self._tell(FaultFound(error=error))
