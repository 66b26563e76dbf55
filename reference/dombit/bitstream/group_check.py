"""Group checks: which codings, columns, rows and parameters go together (chapter 6)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import exponent_range
from dombit.bitstream.registry import (
    CODING_DTYPES,
    CODINGS,
    PREDICTED_DTYPES,
    SPARSE_SEGMENTS,
)
from dombit.bitstream.source import Source
from dombit.bitstream.table import TableReader
from dombit.dtypes import BY_CODE, coded_shape, elements
from dombit.limits import Level
from dombit.records import CONSTANT, FLOAT, INT, STORED, UNIFORM, Group, Structure, Tensor

if TYPE_CHECKING:
    from dombit.bitstream.group import GroupPayload as Head

_CODED = frozenset({"split_rows", "split_columns", "class_axes", "context_bias"})
_TABLES = frozenset({"table_map", "tables"})
COLUMNS_OF: dict[int, frozenset[str]] = {
    STORED: frozenset(),
    FLOAT: _CODED | _TABLES | {"first_exponent", "low_zero_rows", "low_zero"},
    INT: _CODED | _TABLES,
    UNIFORM: _CODED | _TABLES | {"step_axis", "step_mantissa", "step_exponent"},
    CONSTANT: frozenset({"constants"}),
}
"""Columns that a coding may have; the others must be absent."""

MAX_MANTISSA = 4095
MAX_MANTISSA_F64 = (1 << 24) - 1
"""Largest mantissa of a step; that of f64 tensors may be larger."""


PREDICTED, SPARSE = 1, 2
"""Flags of a group."""
MOST_SPARSE_TABLES = 32


def check_head(source: Source, head: Head, level: Level, features: int) -> None:
    """Check fields of the fixed part against each other and against the level, in their order."""
    coding = CODINGS[head.coding]
    tokens = COLUMNS_OF[head.coding] >= _TABLES
    if not tokens and (head.first_row or head.row_limit):
        source.refuse("malformed", "R-GRP-012", f"a {coding} group cuts a tensor into rows", 8)
    if head.coding == CONSTANT and head.segment_count:
        source.refuse("malformed", "R-GRP-013", "a constant group has segments", 24)
    if not tokens and head.table_count:
        source.refuse("malformed", "R-GRP-014", f"a {coding} group has tables", 28)
    if head.table_count > level.tables:
        message = f"{head.table_count} tables, the level allows {level.tables}"
        source.refuse("forbidden-value", "R-GRP-015", message, 28)
    if not head.flags & PREDICTED and head.dtype not in CODING_DTYPES[head.coding]:
        message = f"coding {coding} of dtype {BY_CODE[head.dtype].name}"
        source.refuse("forbidden-value", "R-GRP-016", message, 33)
    if head.coding != STORED and head.alignment:
        source.refuse("forbidden-value", "R-GRP-017", f"a {coding} group has an alignment", 35)
    _check_hybrid(source, head)
    _check_exponents(source, head, level)
    _check_prediction(source, head, features)
    most = 2 if head.flags & PREDICTED else 1
    if not min(1, head.table_count) <= head.root_classes <= most * min(1, head.table_count):
        message = f"root_classes {head.root_classes} with {head.table_count} tables"
        source.refuse("malformed", "R-GRP-018", message, 41)


def _check_prediction(source: Source, head: Head, features: int) -> None:
    coding, dtype = CODINGS[head.coding], BY_CODE[head.dtype]
    predicted, sparse = head.flags & PREDICTED, head.flags & SPARSE
    if predicted and head.coding not in PREDICTED_DTYPES:
        source.refuse("malformed", "R-PRE-009", f"a {coding} group is predicted", 34)
    if predicted and head.dtype not in PREDICTED_DTYPES[head.coding]:
        message = f"coding {coding} of dtype {dtype.name}, predicted"
        source.refuse("forbidden-value", "R-PRE-010", message, 33)
    if sparse and not (predicted and (head.coding != INT or dtype.bits <= 32)):
        message = f"a sparse group of coding {coding} and dtype {dtype.name}"
        source.refuse("forbidden-value", "R-PRE-012", message, 34)
    if head.context_scale and not predicted:
        message = f"context_scale {head.context_scale} without prediction"
        source.refuse("forbidden-value", "R-PRE-013", message, 40)
    if sparse and not features & SPARSE_SEGMENTS:
        source.refuse("malformed", "R-PRE-004", "the stream header does not name feature 1", 34)
    if sparse and not (2 <= head.table_count <= MOST_SPARSE_TABLES and head.table_count % 2 == 0):
        message = f"{head.table_count} tables of a sparse group"
        source.refuse("forbidden-value", "R-PRE-014", message, 28)


def check_begin(source: Source, head: Head, begin: tuple[int, int] | None) -> None:
    """Check that a group begins at the tensor and row where the one before ended."""
    if begin is not None and (head.first, head.first_row) != begin:
        message = (
            f"group begins at tensor {head.first} row {head.first_row}, "
            f"expected {begin[0]} row {begin[1]}"
        )
        source.refuse("malformed", "R-GRP-051", message)


def members_of(source: Source, head: Head, structure: Structure) -> list[Tensor]:
    """Return the tensors of a group."""
    stop = head.first + head.count
    if stop > structure.coded_order.size:
        message = f"tensors {head.first}..{stop} of {structure.coded_order.size} in coded order"
        source.refuse("malformed", "R-GRP-019", message)
    return members(head, structure)


def members(group: Group | Head, structure: Structure) -> list[Tensor]:
    """Return the tensors of a group, in coded order."""
    numbers = structure.coded_order[group.first : group.first + group.count].tolist()
    return [structure.tensors[number] for number in numbers]


def check_members(source: Source, head: Head, members: Sequence[Tensor]) -> None:
    """Check that dtype and number of segments fit the tensors."""
    for tensor in members:
        if tensor.dtype.code != head.dtype:
            message = f"a group of {BY_CODE[head.dtype].name} holds a {tensor.dtype.name}"
            source.refuse("malformed", "R-GRP-052", message, 32, tensor.name)
    coded = any(elements(tensor.shape) for tensor in members)
    if head.coding != CONSTANT and coded != (head.segment_count > 0):
        message = f"{head.segment_count} segments, elements: {'some' if coded else 'none'}"
        source.refuse("malformed", "R-GRP-021", message, 24)
    if COLUMNS_OF[head.coding] >= _TABLES and coded and not head.table_count:
        source.refuse("malformed", "R-GRP-022", "elements are coded without tables", 28)


def check_roots(
    source: Source, head: Head, structure: Structure, roots: NDArray[np.int64] | None
) -> None:
    """Check that each tensor of a predicted group has a root tensor."""
    if not head.flags & PREDICTED or (roots is None and structure.root_digest):
        return  # not predicted, or nobody has looked for the root
    for number in structure.coded_order[head.first : head.first + head.count].tolist():
        if roots is None or roots[number] < 0:
            name = structure.tensors[number].name
            message = "a predicted tensor has no root tensor"
            source.refuse("malformed", "R-PRE-011", message, 34, name)


def check_columns(table: TableReader, head: Head) -> None:
    """Check that no column is there that says nothing about this coding."""
    for name in table.names():
        if name not in COLUMNS_OF[head.coding]:
            message = f"column {name} in a group of coding {CODINGS[head.coding]}"
            table.refuse_element("malformed", "R-GRP-023", message, name, 0)
    for name in sorted(_TABLES):
        there = name in table.names()
        if there > (head.table_count > 0) or (name == "tables" and head.table_count and not there):
            message = f"{head.table_count} tables, but the column {name} says otherwise"
            table.refuse_element("malformed", "R-GRP-055", message, name, 0)


def check_rows(source: Source, group: Group, members: Sequence[Tensor]) -> None:
    """Check axis groups, and the rows that the group's ends cut out of their tensors."""
    ranks = coded_ranks(members, group.coding)
    wrong = (group.split_rows > group.split_columns) | (group.split_columns > ranks)
    if wrong.any():
        row = int(wrong.argmax())
        splits = f"{group.split_rows[row]}, {group.split_columns[row]} of rank {ranks[row]}"
        name = members[row].name
        source.refuse("malformed", "R-GRP-024", f"split axes {splits}", tensor=name)
    marks = group.class_axes | group.step_axis | group.low_zero_rows
    for row in np.flatnonzero(marks).tolist():
        if not elements(members[row].shape):
            message = "an empty tensor has classes, a step axis or a map"
            source.refuse("malformed", "R-GRP-025", message, tensor=members[row].name)
    _check_row_range(source, group, members)


def check_steps(table: TableReader, axes: NDArray[np.int64], members: Sequence[Tensor]) -> int:
    """Return the number of steps of all tensors."""
    count = 0
    for row, (axis, tensor) in enumerate(zip(axes.tolist(), members, strict=True)):
        if axis > len(tensor.shape):
            message = f"step axis {axis - 1} of a tensor of rank {len(tensor.shape)}"
            table.refuse_element(
                "malformed", "R-GRP-026", message, "step_axis", row, tensor=tensor.name
            )
        count += tensor.shape[axis - 1] if axis and elements(tensor.shape) else 1
    return count


def check_parameters(table: TableReader, group: Group) -> None:
    """Check parameters whose range depends on dtype and level."""
    layout = group.dtype.layout
    if group.coding == FLOAT and layout is not None:
        # Where a map gives the zero bits of every row, the column is not looked at.
        low_zero = np.where(group.low_zero_rows == 1, 0, group.low_zero)
        _check_range(table, "low_zero", low_zero, (0, layout.mantissa_bits - 2), "R-GRP-028")
    if group.coding == UNIFORM:
        mantissa = MAX_MANTISSA_F64 if group.dtype.name == "f64" else MAX_MANTISSA
        exponents = exponent_range(group.dtype)
        _check_range(table, "step_mantissa", group.step_mantissa, (1, mantissa), "R-GRP-029")
        _check_range(table, "step_exponent", group.step_exponent, exponents, "R-GRP-030")
    if group.coding == CONSTANT and group.dtype.bits < 8:
        constants = np.frombuffer(group.constants, np.uint8).astype(np.int64)
        _check_range(table, "constants", constants, (0, (1 << group.dtype.bits) - 1), "R-GRP-032")


def check_table_map(table: TableReader, maps: NDArray[np.int64], head: Head) -> None:
    """Check that every context has a table, or a walk class."""
    if head.flags & SPARSE:
        bounds = (0, head.table_count // 2 - 1)
        _check_range(table, "table_map", maps, bounds, "R-PRE-015")
    else:
        _check_range(table, "table_map", maps, (0, head.table_count - 1), "R-GRP-031")


def coded_ranks(members: Sequence[Tensor], coding: int) -> NDArray[np.int64]:
    """Return the rank of the coded shape of each tensor."""
    return np.array([len(shape_of(tensor, coding)) for tensor in members], np.int64)


def shape_of(tensor: Tensor, coding: int) -> tuple[int, ...]:
    """Return the coded shape of a tensor."""
    return coded_shape(tensor.dtype, tensor.shape, halves=coding == INT)


def _check_hybrid(source: Source, head: Head) -> None:
    split, kept = head.hybrid_split, head.hybrid_msb + head.hybrid_lsb
    if head.coding not in {INT, UNIFORM} and (split or kept):
        message = f"coding {CODINGS[head.coding]} with hybrid integers"
        source.refuse("forbidden-value", "R-GRP-033", message, 36)
    if kept > split:
        message = f"tokens keep {kept} bits of values of {split}"
        source.refuse("forbidden-value", "R-GRP-034", message, 37)


def _check_exponents(source: Source, head: Head, level: Level) -> None:
    count = head.exponent_count
    if head.coding != FLOAT and count:
        message = f"coding {CODINGS[head.coding]} with exponents"
        source.refuse("forbidden-value", "R-GRP-035", message, 39)
    if head.coding == FLOAT and not (count >= 1 and 4 * count + 2 <= level.tokens):
        message = f"{count} exponents, the level allows {level.tokens} tokens"
        source.refuse("forbidden-value", "R-GRP-036", message, 39)


def _check_row_range(source: Source, group: Group, members: Sequence[Tensor]) -> None:
    first = _rows(group, members, 0)
    last = _rows(group, members, len(members) - 1)
    start = group.first_row if len(members) == 1 else 0
    if group.first_row and group.first_row >= first:
        message = f"first_row {group.first_row} of {first} rows"
        source.refuse("malformed", "R-GRP-037", message, 8, members[0].name)
    if group.row_limit and not start < group.row_limit < last:
        message = f"row_limit {group.row_limit} with rows {start}..{last}"
        source.refuse("malformed", "R-GRP-038", message, 16, members[-1].name)


def _rows(group: Group, members: Sequence[Tensor], row: int) -> int:
    return math.prod(shape_of(members[row], group.coding)[: int(group.split_rows[row])])


def _check_range(
    table: TableReader,
    name: str,
    values: NDArray[np.int64],
    bounds: tuple[int, int],
    rule: str,
) -> None:
    low, high = bounds
    if not values.size or (int(values.min()) >= low and int(values.max()) <= high):
        return
    row = int(((values < low) | (values > high)).argmax())
    message = f"{name}: {values[row]} is not in {low}..{high}"
    table.refuse_element("forbidden-value", rule, message, name, row)
