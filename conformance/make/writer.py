"""The annotated writer: fields, columns and units by name, any of them wrong on purpose.

Every field has a path such as `group.dtype`, `segment1.words`, `structure.rank.width` or
`index.header_crc`. A fault is an entry in `overrides`: path -> value, or a function of the
right value. Sizes and checksums are computed after it, so that nothing else is wrong.
`<unit>.extra` is bytes after a payload, or a negative number of bytes that it lacks.
`marks` holds the byte range of every path in the finished file.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.make.coder import fixed_block, stored_blocks

SIGNATURE = b"\x89dombit\r\n\x1a\n\x00"
DROP = object()
"""As the value of a column: leave the column out."""

TYPES = {
    "header": 1,
    "metadata": 2,
    "structure": 3,
    "skeleton": 4,
    "literals": 5,
    "group": 6,
    "segment": 7,
    "stored": 8,
    "model_end": 9,
    "packed": 12,
    "patch": 13,
    "index": 32,
    "end": 33,
}
ANCILLARY = {2}


@dataclass(slots=True, kw_only=True)
class Column:
    """A column: bytes, or integers (width 0 = the narrowest; a tuple is never broadcast)."""

    id: int
    name: str
    values: Sequence[int] | bytes
    default: int | None = None
    width: int = 0
    flags: int = 0


@dataclass(slots=True)
class Payload:
    """Bytes of a unit under construction, with the place of every field."""

    label: str
    overrides: dict[str, Any]
    used: set[str]
    data: bytearray = field(default_factory=bytearray)
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)

    def chosen(self, name: str, value: Any) -> Any:
        """Return the value of a path, or what a fault puts in its place."""
        path = f"{self.label}.{name}"
        if path not in self.overrides:
            return value
        self.used.add(path)
        wanted = self.overrides[path]
        return wanted(value) if callable(wanted) else wanted

    def field(self, name: str, width: int, value: int) -> None:
        """Append an unsigned field of `width` bytes."""
        self.raw(name, self.chosen(name, value).to_bytes(width, "little"), asked=True)

    def raw(self, name: str, data: bytes, *, asked: bool = False) -> None:
        """Append bytes under a name."""
        data = data if asked else self.chosen(name, data)
        start = len(self.data)
        self.data += data
        self.marks[f"{self.label}.{name}"] = (start, start + len(data))

    def table(self, columns: Sequence[Column], before: Callable[[int], None]) -> None:
        """Append the fixed part's column count and rest (`before`), directory and columns."""
        said = {path.removeprefix(f"{self.label}.") for path in self.overrides}
        kept = [c for c in columns if c.name in said or not _is_default(c)]
        kept = [(c, self.chosen(c.name, c.values)) for c in kept]
        kept = [(c, values) for c, values in kept if values is not DROP]
        before(len(kept))
        packed = [(c, *_pack(c, values)) for c, values in kept]
        for c, width, data in packed:
            start = len(self.data)
            self.field(f"{c.name}.id", 2, c.id)
            self.field(f"{c.name}.width", 1, width)
            self.field(f"{c.name}.flags", 1, c.flags)
            self.field(f"{c.name}.size", 4, len(data))
            self.marks[f"{self.label}.{c.name}.entry"] = (start, len(self.data))
        for c, width, data in packed:
            self.raw(f"{c.name}.gap", bytes(-len(self.data) % max(1, width)))
            self.raw(c.name, data, asked=True)


def _is_default(column: Column) -> bool:
    """Tell whether the column says nothing that its absence does not say."""
    if isinstance(column.values, bytes):
        return not column.values
    return all(value == column.default for value in column.values)


def _pack(column: Column, values: Sequence[int] | bytes) -> tuple[int, bytes]:
    """Return the element width and bytes of a column; equal values become one."""
    if isinstance(values, bytes):
        return 0, values
    if isinstance(values, list):
        values = broadcast(values)
    largest = max(values)
    width = column.width or next(w for w in (1, 2, 4, 8) if largest < 1 << 8 * w)
    return width, b"".join(value.to_bytes(width, "little") for value in values)


def broadcast(values: list[int]) -> list[int]:
    """Return one element where all are equal."""
    return values[:1] if len(set(values)) == 1 else values


def zigzag(value: int) -> int:
    """Return the unsigned number that stands for a signed one."""
    return 2 * value if value >= 0 else -2 * value - 1


def counted(p: Payload, *rest: tuple[str, int, int]) -> Callable[[int], None]:
    """Return a function that writes column_count and the fields after it."""

    def write(count: int) -> None:
        p.field("column_count", 2, count)
        for name, width, value in rest:
            p.field(name, width, value)

    return write


@dataclass(slots=True)
class Unit:
    """A unit before it has a place: `build(rows, offset)` gives its payload at that point."""

    label: str
    type: int
    build: Callable[[list[tuple[int, int, int, int]], int], Payload]
    flags: int = 0
    align: int = 8
    deflate: str = ""
    first: int = 0
    count: int = 0


@dataclass(slots=True)
class File:
    """A stream as a list of units, then as bytes with marks."""

    overrides: dict[str, Any] = field(default_factory=dict)
    units: list[Unit] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    packed: str | None = None
    """All units stand in a packed one: how it is deflated, or "" (3.8)."""

    def payload(self, name: str) -> Payload:
        """Start a payload; the label of the second `group` is `group1`."""
        number = self.names.get(name, 0)
        self.names[name] = number + 1
        return Payload(f"{name}{number or ''}", self.overrides, self.used)

    def unit(self, name: str, payload: Payload, **more: Any) -> Unit:
        """Append a unit of a named type with a finished payload."""
        kind = TYPES.get(name, more.pop("type", 0))
        flags = more.pop("flags", int(kind in ANCILLARY))
        unit = Unit(payload.label, kind, lambda _rows, _offset: payload, flags, **more)
        self.units.append(unit)
        return unit

    def finish(self) -> bytes:
        """Lay the units out in order and return the file."""
        out = bytearray(SIGNATURE)
        head = Payload("file", self.overrides, self.used)
        head.raw("signature", SIGNATURE)
        out[:] = head.data
        self.marks["file.signature"] = (0, len(out))
        rows: list[tuple[int, int, int, int]] = []
        for unit in self.units if self.packed is None else [self._packed()]:
            start = len(out)
            out += self._laid(unit, rows, start)
            rows.append((unit.type, len(out) - start, unit.first, unit.count))
        tail = Payload("file", self.overrides, self.used)
        tail.raw("tail", b"")
        self.marks["file.tail"] = (len(out), len(out) + len(tail.data))
        unused = set(self.overrides) - self.used
        assert not unused, f"a fault that nothing reads: {unused}"
        return bytes(out + tail.data)

    def _laid(self, unit: Unit, rows: list[tuple[int, int, int, int]], start: int) -> bytes:
        """Return a unit's bytes at a file offset, and keep its marks."""
        body = self._body(unit, rows, start)
        data = self._deflated(unit, body)
        frame = Payload(unit.label, self.overrides, self.used)
        pad = frame.chosen("pad_length", -(start + 12) % unit.align)
        frame.field("head.type", 2, unit.type)
        frame.field("head.flags", 1, unit.flags | (2 if unit.deflate else 0))
        frame.raw("pad_length", bytes([pad]), asked=True)
        frame.field("payload_size", 4, len(data))
        frame.field("header_crc", 4, zlib.crc32(frame.data))
        frame.raw("pad", bytes(pad))
        first = len(frame.data)
        frame.raw("payload", data, asked=True)
        frame.field("payload_crc", 4, zlib.crc32(data))
        for path, (a, b) in frame.marks.items():
            self.marks[path] = (start + a, start + b)
        whole = (start, start + len(frame.data))
        self.marks[unit.label] = whole
        for path, (a, b) in body.marks.items():
            self.marks[path] = whole if unit.deflate else (start + first + a, start + first + b)
        return bytes(frame.data)

    def _body(self, unit: Unit, rows: list[tuple[int, int, int, int]], start: int) -> Payload:
        """Return the payload of a unit, longer or shorter if a fault says so."""
        body = unit.build(rows, start)
        extra = body.chosen("extra", b"")
        if isinstance(extra, int):
            del body.data[extra:]
        else:
            body.raw("extra", extra, asked=True)
        body.marks[f"{body.label}.tail"] = (len(body.data), len(body.data))
        return body

    def _packed(self) -> Unit:
        """Return the packed unit of all units."""
        out = self.payload("packed")
        for unit in self.units:
            body = self._body(unit, [], 0)
            start = len(out.data)
            short = Payload(unit.label, self.overrides, self.used)
            short.field("short.type", 1, unit.type)
            short.field("short.flags", 1, unit.flags)
            short.field("short.size", 2, len(body.data))
            for path, (a, b) in short.marks.items():
                out.marks[path] = (start + a, start + b)
            for path, (a, b) in body.marks.items():
                out.marks[path] = (start + 4 + a, start + 4 + b)
            out.data += short.data + body.data
            out.marks[unit.label] = (start, len(out.data))
        return Unit(
            "packed", TYPES["packed"], lambda _rows, _offset: out, deflate=self.packed or ""
        )

    def _deflated(self, unit: Unit, body: Payload) -> bytes:
        """Return the payload as stored: as it is, or in blocks after its size."""
        if not unit.deflate:
            return bytes(body.data)
        code = fixed_block if unit.deflate == "fixed" else stored_blocks
        size = body.chosen("raw_size", len(body.data))
        return size.to_bytes(4, "little") + body.chosen("blocks", code(bytes(body.data)))
