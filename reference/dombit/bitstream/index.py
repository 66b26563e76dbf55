"""Index and end: the units of a stream by size, and the last twenty bytes (chapter 9)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dombit.bitstream.bundle import Bundle
from dombit.bitstream.columns import ColumnValues, integers, octets
from dombit.bitstream.container import CRC_BYTES, check_crc
from dombit.bitstream.fields import reserved, u16, u32, u64
from dombit.bitstream.source import Source, of_unit, total
from dombit.bitstream.table import TableReader, build_table
from dombit.errors import fail
from dombit.identity import DIGEST_BYTES
from dombit.limits import Limits
from dombit.records import End, Index, Unit
from dombit.signature import SIGNATURE
from dombit.trace import Trace, no_trace

SMALLEST_UNIT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPayload(Bundle):
    """Fixed part of an index unit."""

    unit_count: int = u32("Units before the index.")
    column_count: int = u16("Columns of the table.")
    reserved_6: int = reserved(2, rule="R-IDX-004")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPayload(Bundle):
    """Payload of an end unit."""

    index_offset: int = u64("Offset of the header of the index unit; 0: there is none.")
    file_size: int = u64("Bytes of the stream.")


TAIL_BYTES = EndPayload.width() + CRC_BYTES
"""The last bytes of a stream: payload and CRC of the end unit."""

COLUMNS = (
    integers(1, "unit_type", "units", "Code of the unit type."),
    integers(
        2,
        "unit_size",
        "units",
        "Bytes from the header to the end of the payload CRC.",
        low=SMALLEST_UNIT,
        rule="R-IDX-005",
    ),
    integers(3, "first", "units", "Group and segment: their field of that name.", default=0),
    integers(4, "count", "units", "Group and segment: their field of that name.", default=0),
    octets(5, "model_digests", "32 x models", "Digests of the models.", default="optional"),
)


def parse(unit: Unit, model_count: int, limits: Limits, trace: Trace = no_trace) -> Index:
    """Return the record of an index unit; sizes have been checked to lead from 12 to its header."""
    source = of_unit(unit, trace)
    head = IndexPayload.parse(source)
    if head.unit_count > limits.units:
        source.refuse("limit-exceeded", "R-LIM-006", f"{head.unit_count} units")

    table = TableReader(source, IndexPayload.width(), head.column_count, COLUMNS)
    types = table.integers("unit_type", head.unit_count)
    sizes = table.integers("unit_size", head.unit_count)
    if len(SIGNATURE) + total(sizes) != unit.start:
        message = (
            f"unit sizes lead to {len(SIGNATURE) + total(sizes)}, the index is at {unit.start}"
        )
        table.refuse_element("malformed", "R-IDX-006", message, "unit_size", 0)
    index = Index(
        unit_type=types,
        unit_size=sizes,
        first=table.integers("first", head.unit_count),
        count=table.integers("count", head.unit_count),
        model_digests=bytes(table.octets("model_digests", DIGEST_BYTES * model_count)),
    )
    table.finish()
    return index


def build(index: Index) -> bytes:
    """Return the payload of an index unit."""
    values: ColumnValues = {
        "unit_type": index.unit_type,
        "unit_size": index.unit_size,
        "first": index.first,
        "count": index.count,
        "model_digests": index.model_digests,
    }
    count, table = build_table(COLUMNS, values, IndexPayload.width())
    return IndexPayload(unit_count=len(index.unit_type), column_count=count).build() + table


def offsets(index: Index) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the offset of the header of every unit."""
    starts = np.cumsum(index.unit_size) - index.unit_size + len(SIGNATURE)
    return starts.astype(np.int64)


def parse_end_unit(unit: Unit, trace: Trace = no_trace) -> End:
    """Return the record of an end unit."""
    return _end(of_unit(unit, trace))


def parse_end(tail: memoryview | bytes, file_size: int) -> End:
    """Return the end of a stream from its last TAIL_BYTES bytes: where random access begins."""
    if len(tail) != TAIL_BYTES:
        fail("truncated", "R-IDX-007", "no end unit", stage="container", at=file_size)
    view = memoryview(tail)
    at = file_size - TAIL_BYTES
    whole = Source(data=view, at=at, path="end", stage="container")
    check_crc(whole, 0, EndPayload.width())
    payload = Source(data=view[: EndPayload.width()], at=at, path="end", stage="container")
    end = _end(payload)
    check_file_size(end, file_size)
    return end


def check_file_size(end: End, file_size: int) -> None:
    """Refuse an end that names another size than that of the stream."""
    if end.file_size != file_size:
        message = f"file_size is {end.file_size}, the stream has {file_size} bytes"
        fail("malformed", "R-IDX-008", message, stage="container", at=file_size - 12)


def build_end(end: End) -> bytes:
    """Return the payload of an end unit."""
    return EndPayload(index_offset=end.index_offset, file_size=end.file_size).build()


def _end(source: Source) -> End:
    payload = EndPayload.parse(source, exact=True)
    return End(index_offset=payload.index_offset, file_size=payload.file_size)
