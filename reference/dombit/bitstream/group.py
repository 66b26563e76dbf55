"""Group: a run of tensors with one dtype, one coding and one set of tables (chapter 6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dombit.bitstream.bundle import Bundle
from dombit.bitstream.columns import ColumnValues, integers, octets
from dombit.bitstream.fields import enum, flags, reserved, u8, u16, u32, u64
from dombit.bitstream.group_check import (
    COLUMNS_OF,
    PREDICTED,
    SPARSE,
    check_begin,
    check_columns,
    check_head,
    check_members,
    check_parameters,
    check_roots,
    check_rows,
    check_steps,
    check_table_map,
    coded_ranks,
    members,
    members_of,
)
from dombit.bitstream.registry import CODINGS, RESERVED_COLUMNS, ROOTS, SPARSE_SEGMENTS
from dombit.bitstream.source import of_unit
from dombit.bitstream.table import TableReader, build_table
from dombit.dtypes import BY_CODE, DType
from dombit.limits import Level
from dombit.records import CONSTANT, UNIFORM, Group, Hybrid, Structure, Tensor, Unit
from dombit.trace import Trace, no_trace

CONTEXTS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPayload(Bundle):
    """Fixed part of a group unit."""

    first: int = u32("Position of the first tensor in coded order.")
    count: int = u32("Tensors of the group.", low=1, rule="R-GRP-001")
    first_row: int = u64("Rows of the first tensor that earlier groups hold.")
    row_limit: int = u64("End row in the last tensor; 0: all of it.")
    segment_count: int = u32("Segment units (maps included) or stored units that follow.")
    table_count: int = u16("Tables of the set.")
    column_count: int = u16("Columns of the table.")
    dtype: int = enum(
        1, "Dtype of all tensors.", {c: d.name for c, d in BY_CODE.items()}, rule="R-GRP-002"
    )
    coding: int = enum(1, "Coding of all tensors.", CODINGS, rule="R-GRP-003")
    flags: int = flags(
        1, "Flags.", {0: "differences from the root", 1: "sparse segments"}, rule="R-GRP-004"
    )
    alignment: int = u8(
        "Stored: log2 of the alignment of a tensor's first byte.", high=6, rule="R-GRP-005"
    )
    hybrid_split: int = u8(
        "Log2 of the split: smaller values are tokens of their own.", high=7, rule="R-GRP-006"
    )
    hybrid_msb: int = u8("Bits below the leading one that the token keeps.")
    hybrid_lsb: int = u8("Lowest bits that the token keeps.")
    exponent_count: int = u8("Float: exponents that have tokens of their own.")
    context_scale: int = enum(
        1, "Contexts fall with the root's exponent, times this.", {0: "0", 1: "1", 2: "2"},
        rule="R-GRP-007",
    )  # fmt: skip
    root_classes: int = enum(
        1, "Context sets; 0 where there are no tables.", {0: "none", 1: "one", 2: "zero or not"},
        rule="R-GRP-008",
    )  # fmt: skip
    reserved_42: bytes = reserved(6, rule="R-GRP-009")


COLUMNS = (
    integers(
        1, "split_rows", "tensors", "Axes of the coded shape before it form axis group 0.",
        default="min(1, r)",
    ),
    integers(
        2, "split_columns", "tensors", "Axes of the coded shape from it on form axis group 2.",
        default="r",
    ),
    integers(
        3, "class_axes", "tensors", "Bit g: axis group g carries a class vector.", default=0,
        high=7, rule="R-GRP-010",
    ),
    integers(
        4, "context_bias", "tensors", "Added to the sum of classes.", default=0, signed=True,
        low=-4096, high=4095, rule="R-GRP-039",
    ),
    integers(
        5, "step_axis", "tensors", "0: one step; a + 1: one step per index of axis a.", default=0
    ),
    integers(6, "step_mantissa", "steps", "Mantissa m of the step m x 2^e."),
    integers(7, "step_exponent", "steps", "Exponent e of the step.", signed=True),
    integers(8, "first_exponent", "tensors", "E0: exponent of the first tokens.", default=0),
    integers(
        9, "low_zero_rows", "tensors", "1: a map of zero low bits per row is present.", default=0,
        high=1, rule="R-GRP-011",
    ),
    integers(
        10, "low_zero", "tensors", "Zero low bits of all rows; ignored where low_zero_rows is 1.",
        default=0,
    ),
    octets(11, "constants", "bytes of an element x tensors", "The element of each tensor."),
    integers(12, "table_map", "64 x root_classes", "Table of each context.", default=0),
    octets(13, "tables", "as long as it is", "Bit stream of the table set."),
)  # fmt: skip


def parse(
    unit: Unit,
    structure: Structure,
    level: Level,
    trace: Trace = no_trace,
    *,
    begin: tuple[int, int] | None = None,
    roots: NDArray[np.int64] | None = None,
    features: int = ROOTS | SPARSE_SEGMENTS,
) -> Group:
    """Return the record of a group unit, its columns expanded to one element a row.

    `begin` is the position and the row at which the group before ended, None where that is not
    known. `roots`: the root's tensor of each tensor, or -1 (13.2); None: there is no root.
    """
    source = of_unit(unit, trace)
    head = GroupPayload.parse(source)
    check_head(source, head, level, features)
    check_begin(source, head, begin)
    tensors = members_of(source, head, structure)
    check_members(source, head, tensors)
    check_roots(source, head, structure, roots)

    table = TableReader(source, GroupPayload.width(), head.column_count, COLUMNS, RESERVED_COLUMNS)
    check_columns(table, head)
    group = _read(table, head, tensors)
    table.finish()

    check_rows(source, group, tensors)
    check_parameters(table, group)
    return group


def build(group: Group, structure: Structure) -> bytes:
    """Return the payload of a group unit.

    The structure tells the coded ranks, on which defaults of the split columns depend.
    """
    ranks = coded_ranks(members(group, structure), group.coding)
    flag_bits = (PREDICTED if group.predicted else 0) | (SPARSE if group.sparse else 0)
    values: ColumnValues = {name: getattr(group, name) for name in COLUMNS_OF[group.coding]}
    defaults = {"split_rows": np.minimum(ranks, 1), "split_columns": ranks}
    count, table = build_table(COLUMNS, values, GroupPayload.width(), defaults)
    head = GroupPayload(
        first=group.first,
        count=group.count,
        first_row=group.first_row,
        row_limit=group.row_limit,
        segment_count=group.segment_count,
        table_count=group.table_count,
        column_count=count,
        dtype=group.dtype.code,
        coding=group.coding,
        flags=flag_bits,
        alignment=group.alignment,
        hybrid_split=group.hybrid.split,
        hybrid_msb=group.hybrid.msb,
        hybrid_lsb=group.hybrid.lsb,
        exponent_count=group.exponent_count,
        context_scale=group.context_scale,
        root_classes=group.root_classes,
    )
    return head.build() + table


def check_cut(previous: Group, group: Group, structure: Structure, unit: Unit) -> None:
    """Check that a tensor that two groups share has the same coding and rows in both."""
    if not group.first_row:
        return
    name = members(group, structure)[0].name
    if (group.coding, group.predicted) != (previous.coding, previous.predicted):
        codings = f"{CODINGS[previous.coding]} and {CODINGS[group.coding]}"
        message = f"the rows of one tensor are coded in two ways, {codings}"
        of_unit(unit).refuse("malformed", "R-GRP-054", message, tensor=name)
    if group.split_rows[0] != previous.split_rows[-1]:
        message = "a tensor is cut into rows in two ways"
        of_unit(unit).refuse("malformed", "R-GRP-040", message, tensor=name)


def _read(table: TableReader, head: GroupPayload, tensors: list[Tensor]) -> Group:
    count, ranks = head.count, coded_ranks(tensors, head.coding)
    dtype = BY_CODE[head.dtype]
    uniform = head.coding == UNIFORM
    split_rows = table.integers("split_rows", count, np.minimum(ranks, 1))
    split_columns = table.integers("split_columns", count, ranks)
    class_axes = table.integers("class_axes", count)
    context_bias = table.integers("context_bias", count)
    step_axis = table.integers("step_axis", count)
    steps = check_steps(table, step_axis, tensors) if uniform else 0
    return Group(
        first=head.first,
        count=count,
        first_row=head.first_row,
        row_limit=head.row_limit,
        segment_count=head.segment_count,
        dtype=dtype,
        coding=head.coding,
        predicted=bool(head.flags & PREDICTED),
        sparse=bool(head.flags & SPARSE),
        alignment=head.alignment,
        hybrid=Hybrid(split=head.hybrid_split, msb=head.hybrid_msb, lsb=head.hybrid_lsb),
        exponent_count=head.exponent_count,
        root_classes=head.root_classes,
        context_scale=head.context_scale,
        split_rows=split_rows,
        split_columns=split_columns,
        class_axes=class_axes,
        context_bias=context_bias,
        step_axis=step_axis,
        step_mantissa=table.integers("step_mantissa", steps),
        step_exponent=table.integers("step_exponent", steps),
        first_exponent=table.integers("first_exponent", count),
        low_zero_rows=table.integers("low_zero_rows", count),
        low_zero=table.integers("low_zero", count),
        constants=_constants(table, head, dtype),
        table_map=_table_map(table, head),
        table_count=head.table_count,
        tables=bytes(table.octets("tables", None if head.table_count else 0)),
    )


def _constants(table: TableReader, head: GroupPayload, dtype: DType) -> bytes:
    size = dtype.constant_bytes * head.count if head.coding == CONSTANT else 0
    return bytes(table.octets("constants", size))


def _table_map(table: TableReader, head: GroupPayload) -> NDArray[np.uint8]:
    maps = table.integers("table_map", CONTEXTS * head.root_classes)
    check_table_map(table, maps, head)
    return maps.astype(np.uint8)
