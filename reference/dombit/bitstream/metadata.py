"""Metadata: pairs of text that no decoder interprets (chapters 3 and 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dombit.bitstream.bundle import Bundle
from dombit.bitstream.columns import ColumnValues, integers, octets
from dombit.bitstream.fields import reserved, u16, u32
from dombit.bitstream.source import Source, of_unit, total
from dombit.bitstream.table import TableReader, build_table
from dombit.limits import Limits
from dombit.records import Unit
from dombit.trace import Trace, no_trace


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataPayload(Bundle):
    """Fixed part of a metadata unit."""

    entry_count: int = u32("Entries.")
    column_count: int = u16("Columns of the table.")
    reserved: int = reserved(2, rule="R-STR-001")


COLUMNS = (
    integers(1, "key_length", "entries", "Bytes of the key."),
    integers(2, "value_length", "entries", "Bytes of the value."),
    octets(3, "text", "sum of lengths", "Key, value, key, value ... in UTF-8, nothing between."),
)


def parse(unit: Unit, limits: Limits, trace: Trace = no_trace) -> dict[str, str]:
    """Return the entries of a metadata unit."""
    source = of_unit(unit, trace)
    head = MetadataPayload.parse(source)
    if head.entry_count > limits.tensors:
        source.refuse("limit-exceeded", "R-LIM-051", f"{head.entry_count} entries of metadata")

    table = TableReader(source, MetadataPayload.width(), head.column_count, COLUMNS)
    keys = table.integers("key_length", head.entry_count)
    values = table.integers("value_length", head.entry_count)
    text = bytes(table.octets("text", total(keys) + total(values)))
    table.finish()

    entries: dict[str, str] = {}
    position = 0
    # Columns are iterated, never copied: the count is not earned by bytes until keys are unique.
    for key_length, value_length in zip(keys, values, strict=True):
        middle, stop = position + int(key_length), position + int(key_length) + int(value_length)
        key = _text(source, text[position:middle])
        if key in entries:
            source.refuse("malformed", "R-STR-002", f"key {key!r} stands twice")
        entries[key] = _text(source, text[middle:stop])
        position = stop
    return entries


def build(entries: Mapping[str, str]) -> bytes:
    """Return the payload of a metadata unit."""
    pairs = [(key.encode(), value.encode()) for key, value in entries.items()]
    values: ColumnValues = {
        "key_length": np.array([len(key) for key, _ in pairs], np.int64),
        "value_length": np.array([len(value) for _, value in pairs], np.int64),
        "text": b"".join(key + value for key, value in pairs),
    }
    count, table = build_table(COLUMNS, values, MetadataPayload.width())
    return MetadataPayload(entry_count=len(pairs), column_count=count).build() + table


def _text(source: Source, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        source.refuse("forbidden-value", "R-STR-003", "metadata is not UTF-8")
