"""Columns: how a payload declares the columns of its table (chapters 2 and 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

from dombit.bitstream.bundle import Bundle
from dombit.bitstream.fields import u8, u16, u32
from dombit.bitstream.source import SIZE_LIMIT
from dombit.errors import Kind

ColumnKind = Literal["integer", "signed", "bytes"]
ColumnValues = dict[str, NDArray[Any] | bytes]
"""Elements of every column by its name: what is written."""

WIDTHS = (1, 2, 4, 8)
ANCILLARY = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a payload's table, as the format defines it."""

    id: int
    name: str
    kind: ColumnKind
    rows: str
    """Row set: what has one element each."""
    meaning: str
    default: int | str | None = None
    """What an absent column means; text where it depends on other columns; None: must be there."""
    low: int = 0
    high: int = SIZE_LIMIT - 1
    """Range of the elements (after zigzag)."""
    rule: str = ""
    """Rule that an element outside the range breaks."""
    failure: Kind = "forbidden-value"
    """Kind of that error."""
    broadcast: bool = True
    """Whether one element may stand for all rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Bundle):
    """One entry of the directory before the columns; read in bulk, so checked in bulk as well."""

    column_id: int = u16("Names the column; ascending in the directory.")
    element: int = u8("Bytes of an element, 1, 2, 4 or 8; 0: a column of bytes.")
    flags: int = u8("Bit 0: ancillary; the rest is reserved.")
    size: int = u32("Bytes of the column.")


def integers(
    number: int,
    name: str,
    rows: str,
    meaning: str,
    *,
    default: int | str | None = None,
    low: int = 0,
    high: int = SIZE_LIMIT - 1,
    rule: str = "",
    failure: Kind = "forbidden-value",
    broadcast: bool = True,
    signed: bool = False,
) -> Column:
    """Declare a column of integers."""
    return Column(
        id=number,
        name=name,
        kind="signed" if signed else "integer",
        rows=rows,
        meaning=meaning,
        default=default,
        low=-SIZE_LIMIT if signed and low == 0 else low,
        high=high,
        rule=rule,
        failure=failure,
        broadcast=broadcast,
    )


def octets(
    number: int, name: str, rows: str, meaning: str, *, default: str | None = None
) -> Column:
    """Declare a column of bytes; `default` is text: what its absence means where it is allowed."""
    return Column(id=number, name=name, kind="bytes", rows=rows, meaning=meaning, default=default)
