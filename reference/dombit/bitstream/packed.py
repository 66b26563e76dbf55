"""Packed: all units of a small stream in one, as short units (chapter 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from dombit.bitstream.bundle import Bundle
from dombit.bitstream.container import ANCILLARY, DEFLATED, check_kind
from dombit.bitstream.fields import flags, u8, u16
from dombit.bitstream.registry import UNIT_TYPES
from dombit.bitstream.source import Source
from dombit.events import UnitRead
from dombit.records import Unit
from dombit.trace import Trace, no_trace

MAX_PACKED = 1 << 16
"""Bytes of the payload of a packed unit, at most."""
Admit = Callable[[int, int, int], None]
"""Refuses a short unit, by type, offset and how many came before, that may not stand there."""
Announce = Callable[[UnitRead], None]
"""Takes what is known of a short unit before its fields are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortHeader(Bundle):
    """The four bytes before every payload inside a packed unit."""

    unit_type: int = u8("Names the chapter that describes the payload.")
    flags: int = flags(
        1,
        "How to treat the unit.",
        {0: "ancillary: skip the unit if its type is unknown", 1: "deflated: never set"},
        rule="R-CON-014",
    )
    payload_size: int = u16("Bytes of the payload.")


def short_units(
    packed: Unit, admit: Admit, trace: Trace = no_trace, announce: Announce | None = None
) -> Iterator[Unit]:
    """Yield the units inside a packed one, those of unknown type too, each checked as it comes."""
    _check_size(packed, trace)
    at, number = 0, packed.number + 1
    while at < len(packed.payload):
        source = _source(packed, number, at, trace)
        if announce is not None:
            announce(_announced(source, number))
        size = _read_head(source, admit, number - packed.number - 1)
        start = at + ShortHeader.width()
        yield Unit(
            type=source.data[0],
            number=number,
            start=source.offset(0),
            size=ShortHeader.width() + size,
            payload_start=source.offset(ShortHeader.width()),
            payload=packed.payload[start : start + size],
            deflated=packed.deflated,
            packed=True,
        )
        at, number = start + size, number + 1


def build_short(units: Iterable[tuple[int, bytes]]) -> bytes:
    """Return the payload of a packed unit; the units (type, payload) fit into MAX_PACKED bytes."""
    out = bytearray()
    for unit_type, payload in units:
        bits = ANCILLARY if UNIT_TYPES[unit_type].ancillary else 0
        out += ShortHeader(unit_type=unit_type, flags=bits, payload_size=len(payload)).build()
        out += payload
    return bytes(out)


def _source(packed: Unit, number: int, at: int, trace: Trace) -> Source:
    """Return what is left of the payload, as the source of the next short unit."""
    return Source(
        data=packed.payload[at:],
        at=packed.payload_start if packed.deflated else packed.payload_start + at,
        inflated=packed.deflated,
        path=f"units[{number}]",
        stage="container",
        trace=trace,
    )


def _announced(source: Source, number: int) -> UnitRead:
    """Return what the header of a short unit says, as far as it is there."""
    code = ShortHeader.peek(source.data, "unit_type")
    kind, start = UNIT_TYPES.get(code), source.offset(0)
    payload = start + ShortHeader.width()
    whole = start + len(source.data)
    payload = min(payload, whole)
    stop = min(payload + ShortHeader.peek(source.data, "payload_size"), whole)
    return UnitRead(
        number=number,
        name=kind.name if kind else f"type_{code}",
        start=start,
        stop=stop,
        payload_start=payload,
        payload_stop=stop,
        deflated=source.inflated,
        short=True,
    )


def _check_size(packed: Unit, trace: Trace) -> None:
    size = len(packed.payload)
    if size > MAX_PACKED:
        source = _source(packed, 0, 0, trace)
        source.refuse("forbidden-value", "R-CON-049", f"a packed unit of {size} bytes")


def _read_head(source: Source, admit: Admit, before: int) -> int:
    """Check the header of a short unit, and return the bytes of its payload."""
    width = ShortHeader.width()
    if len(source.data) < width:
        _refuse_end(source)
    head = ShortHeader.parse(source)
    check_kind(source, head.unit_type, head.flags)
    if head.flags & DEFLATED:
        source.refuse("forbidden-value", "R-CON-051", "a short unit is deflated", 1)
    admit(head.unit_type, source.offset(0), before)
    if len(source.data) < width + head.payload_size:
        _refuse_end(source)
    if head.unit_type not in UNIT_TYPES and head.payload_size:
        source.tell("skipped", width, width + head.payload_size, "unknown, ancillary")
    return head.payload_size


def _refuse_end(source: Source) -> None:
    source.refuse("malformed", "R-CON-050", "a packed unit ends inside a short unit")
