"""Skeleton patch: bytes in which a model's files differ from its root's (chapter 8)."""

from __future__ import annotations

from dataclasses import dataclass

from dombit.bitstream.bundle import Bundle
from dombit.bitstream.columns import ColumnValues, integers, octets
from dombit.bitstream.fields import reserved, u16, u32
from dombit.bitstream.source import of_unit, total
from dombit.bitstream.table import TableReader, build_table
from dombit.limits import Limits
from dombit.records import SkeletonPatch, Unit
from dombit.trace import Trace, no_trace


@dataclass(frozen=True, slots=True, kw_only=True)
class SkeletonPatchPayload(Bundle):
    """Fixed part of a skeleton patch unit."""

    patch_count: int = u32("Patches.")
    column_count: int = u16("Columns of the table.")
    reserved: int = reserved(2, rule="R-SKE-026")


COLUMNS = (
    integers(1, "patch_skip", "patches", "Bytes of the root's literal pool before the patch."),
    integers(2, "patch_length", "patches", "Bytes of the pool that are taken away.", default=0),
    integers(3, "patch_size", "patches", "Bytes that are put there.", default=0),
    octets(4, "patch_text", "sum of sizes", "The bytes that are put, one patch after another."),
)


def parse(unit: Unit, limits: Limits, trace: Trace = no_trace) -> SkeletonPatch:
    """Return the record of a skeleton patch unit."""
    source = of_unit(unit, trace)
    head = SkeletonPatchPayload.parse(source)
    if head.patch_count > limits.tensors:
        source.refuse("limit-exceeded", "R-LIM-053", f"{head.patch_count} patches")
    table = TableReader(source, SkeletonPatchPayload.width(), head.column_count, COLUMNS)
    skip = table.integers("patch_skip", head.patch_count)
    length = table.integers("patch_length", head.patch_count)
    size = table.integers("patch_size", head.patch_count)
    text = bytes(table.octets("patch_text", total(size)))
    table.finish()
    return SkeletonPatch(skip=skip, length=length, size=size, text=text)


def build(patch: SkeletonPatch) -> bytes:
    """Return the payload of a skeleton patch unit."""
    values: ColumnValues = {
        "patch_skip": patch.skip,
        "patch_length": patch.length,
        "patch_size": patch.size,
        "patch_text": patch.text,
    }
    count, table = build_table(COLUMNS, values, SkeletonPatchPayload.width())
    return SkeletonPatchPayload(patch_count=len(patch.skip), column_count=count).build() + table
