"""Bundle: a fixed part described once, then parsed, built, traced and printed (chapter 2)."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from dombit.bitstream import fields
from dombit.bitstream.fields import Field
from dombit.bitstream.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a syntax table."""

    offset: int
    name: str
    field: Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a bundle class describes."""

    rows: tuple[Row, ...]
    width: int
    parser: Any
    """The construct definition."""


class Bundle:
    """Base of the fixed parts: a frozen dataclass whose fields are words of `fields`."""

    __slots__ = ()

    @classmethod
    def parse(cls, source: Source, start: int = 0, *, exact: bool = False) -> Self:
        """Read the fixed part at `start`; with `exact` nothing may follow it.

        Every field is traced, then checked, in the order in which they stand.
        """
        layout = layout_of(cls)
        stop = start + layout.width
        size = f"{len(source.data)} bytes where the fixed part ends at {stop}"
        if len(source.data) < stop:
            source.refuse("malformed", "R-CON-003", f"the payload has {size}")

        values = layout.parser.parse(source.data[start:stop])
        for row in layout.rows:
            _take(source, row, values[row.name], start + row.offset)
        if exact and len(source.data) > stop:
            source.refuse("malformed", "R-CON-003", f"the payload has {size}")
        return cls(**{row.name: values[row.name] for row in layout.rows})

    def build(self) -> bytes:
        """Return the bytes of the fixed part."""
        layout = layout_of(type(self))
        built: bytes = layout.parser.build(
            {row.name: getattr(self, row.name) for row in layout.rows}
        )
        return built

    @classmethod
    def width(cls) -> int:
        """Return the number of bytes."""
        return layout_of(cls).width

    @classmethod
    def describe(cls) -> tuple[Row, ...]:
        """Return the rows of the syntax table."""
        return layout_of(cls).rows

    @classmethod
    def peek(cls, data: memoryview, name: str) -> int:
        """Return one integer field unchecked, zero where the data ends before it."""
        return int.from_bytes(cls.peek_bytes(data, name), "little")

    @classmethod
    def peek_bytes(cls, data: memoryview, name: str) -> bytes:
        """Return the bytes of one field, filled up with zeros where the data ends inside it."""
        row = next(row for row in layout_of(cls).rows if row.name == name)
        stop = row.offset + row.field.width
        return bytes(data[row.offset : stop]).ljust(row.field.width, b"\0")

    @classmethod
    def record_dtype(cls) -> np.dtype[Any]:
        """Return the NumPy record type with the same layout, for many bundles in a row."""
        rows = layout_of(cls).rows
        return np.dtype([(row.name, f"<u{row.field.width}") for row in rows])


_LAYOUTS: dict[type[Bundle], Layout] = {}
"""Layouts that were asked for: they follow from the classes alone."""


def layout_of(cls: type[Bundle]) -> Layout:
    """Return offsets, width and parser of a bundle: offsets are sums of the widths before."""
    if cls not in _LAYOUTS:
        _LAYOUTS[cls] = _lay_out(cls)
    return _LAYOUTS[cls]


def _lay_out(cls: type[Bundle]) -> Layout:
    declared = {item.name: fields.field_of(item) for item in dataclasses.fields(cls)}  # type: ignore[arg-type]
    rows, offset = [], 0
    for name, field in declared.items():
        rows.append(Row(offset=offset, name=name, field=field))
        offset += field.width
    return Layout(rows=tuple(rows), width=offset, parser=fields.layout_of(declared))


def _take(source: Source, row: Row, value: Any, position: int) -> None:
    field = row.field
    stop = position + field.width
    source.tell(
        row.name, position, stop, value,
        meaning=field.meaning, rule=field.rule, symbol=field.symbol(value),
    )  # fmt: skip
    problem = field.check(value)
    if problem:
        source.refuse(field.failure, field.rule, f"{row.name}: {problem}", position)
    if field.kind == "u64":
        source.check_size(value, position)
