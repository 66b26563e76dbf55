"""Groups: which tensors, which coding, with what parameters and tables (chapter 6)."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.decoder.container import Reader, Table
from conformance.decoder.group_head import (
    COMPLEX,
    CONSTANT,
    FLOAT,
    INT,
    JUDGE,
    STORED,
    UNIFORM,
    Head,
    check_fixed,
    read_fixed,
)
from conformance.decoder.structure import DTYPES, Structure, Tensor, product
from conformance.decoder.tables import read_tables

COLUMNS = dict.fromkeys((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12), "int") | {11: "bytes", 13: "bytes"}
RESERVED = range(14, 19)
SENSE = {
    STORED: set(),
    CONSTANT: {11},
    INT: {1, 2, 3, 4, 12, 13},
    FLOAT: {1, 2, 3, 4, 8, 9, 10, 12, 13},
    UNIFORM: {1, 2, 3, 4, 5, 6, 7, 12, 13},
}


@dataclass(slots=True)
class Part:
    """What a group holds of one tensor: its rows, split in three axis groups."""

    tensor: Tensor
    first_row: int
    rows: int
    b: int
    c: int
    split_rows: int
    axes: int = 0
    bias: int = 0
    low_zero_rows: int = 0
    low_zero: int = 0
    first_exponent: int = 0
    step_axis: int = 0
    steps: list[tuple[int, int]] = field(default_factory=list)
    classes: dict[int, list[int]] = field(default_factory=dict)
    zeros: list[int] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Symbols of this part."""
        return self.rows * self.b * self.c


@dataclass(slots=True)
class Group:
    """A group unit; `parts` are its tensors in order."""

    dtype: int
    coding: int
    alignment: int
    hybrid: tuple[int, int, int]
    exponents: int
    segment_count: int
    predicted: bool
    sparse: bool
    scale: int
    root_classes: int
    parts: list[Part] = field(default_factory=list)
    tables: list[list[int]] = field(default_factory=list)
    table_map: list[int] = field(default_factory=list)
    constants: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class Place:
    """Where in the coded order the next group begins."""

    position: int = 0
    row: int = 0
    coding: tuple[int, bool] | None = None
    split_rows: int | None = None


def coded_shape(tensor: Tensor, coding: int) -> list[int]:
    """Return the dims, with an axis of two parts for complex and for integers of 64 bits."""
    two = tensor.dtype in COMPLEX or (coding == INT and DTYPES[tensor.dtype][1] == 64)
    return [*tensor.dims, 2] if two else list(tensor.dims)


def read_group(
    payload: bytes, structure: Structure, place: Place, level: int, features: int
) -> Group:
    """Read a group unit and advance `place`; the order of checks is that of section 6.7."""
    reader = Reader(payload, JUDGE)
    JUDGE.fits(len(payload) >= 48, "R-CON-003: the fixed part")
    head = read_fixed(reader)
    check_fixed(head, level, features)
    tensors = check_tensors(head, structure, place)
    table = Table(reader, head.columns, COLUMNS, RESERVED)
    for number in table.columns:
        JUDGE.fits(number in SENSE[head.coding], f"R-GRP-023: column {number} makes no sense here")
    good = table.has(13) if head.tables else not (table.has(12) or table.has(13))
    JUDGE.fits(good, "R-GRP-055: columns of the tables")
    group = Group(
        head.dtype, head.coding, head.alignment, head.hybrid, head.exponents, head.segments,
        head.predicted, head.sparse, head.scale, head.classes,
    )  # fmt: skip
    columns = read_columns(table, group, tensors, head.tables)
    cut_parts(group, columns, tensors, head)
    check_parameters(group, columns)
    check_cut(group, place, head.first_row)
    for part in group.parts:
        good = (
            group.coding != FLOAT
            or part.first_exponent + group.exponents <= 1 << DTYPES[group.dtype][3]
        )
        JUDGE.allow(good, "R-QUA-001: the window of exponents")
    group.tables = read_tables(columns.tables, head.tables, 64 if level == 1 else 256, JUDGE)
    for tensor in tensors:
        tensor.differs = head.predicted
        tensor.halves = head.coding == INT and DTYPES[head.dtype][1] == 64
    advance(place, group, head)
    return group


def check_tensors(head: Head, structure: Structure, place: Place) -> list[Tensor]:
    """Check the fixed part against the structure and the groups before; return the tensors."""
    first, stop = head.first, head.first + head.count
    begin = (place.position, place.row)
    JUDGE.fits((first, head.first_row) == begin, "R-GRP-051: the group begins elsewhere")
    JUDGE.fits(stop <= len(structure.coded_order), "R-GRP-019: more tensors than there are")
    tensors = [structure.tensors[n] for n in structure.coded_order[first:stop]]
    JUDGE.fits(all(t.dtype == head.dtype for t in tensors), "R-GRP-052: another dtype")
    some = any(tensor.count for tensor in tensors)
    good = head.coding == CONSTANT or some == (head.segments > 0)
    JUDGE.fits(good, "R-GRP-021: segment_count")
    coded = head.coding in {FLOAT, INT, UNIFORM}
    JUDGE.fits(not (coded and some) or head.tables > 0, "R-GRP-022: symbols without tables")
    good = not head.predicted or all(tensor.root is not None for tensor in tensors)
    JUDGE.fits(good, "R-PRE-011: a predicted tensor without a root tensor")
    return tensors


@dataclass(slots=True)
class Columns:
    """The columns of a group, one element a row."""

    split_rows: list[int]
    split_columns: list[int]
    axes: list[int]
    bias: list[int]
    step_axis: list[int]
    steps: list[tuple[int, int]]
    first_exponent: list[int]
    low_zero_rows: list[int]
    low_zero: list[int]
    constants: bytes
    tables: bytes


def step_count(tensor: Tensor, axis: int) -> int:
    """Return the steps of a tensor."""
    JUDGE.fits(axis <= len(tensor.dims), "R-GRP-026: step_axis")
    return tensor.dims[axis - 1] if axis and tensor.count else 1


def read_columns(table: Table, group: Group, tensors: list[Tensor], tables: int) -> Columns:
    """Read the columns in order of their ids, each with its rows and its own range."""
    n = len(tensors)
    ranks = [len(coded_shape(tensor, group.coding)) for tensor in tensors]
    rows = table.ints(1, n) if table.has(1) else [min(1, rank) for rank in ranks]
    columns = table.ints(2, n) if table.has(2) else ranks
    axes = table.ints(3, n, 0)
    JUDGE.allow(max(axes) <= 7, "R-GRP-010: class_axes")
    bias = table.signed(4, n, 0)
    JUDGE.allow(min(bias) >= -4096 and max(bias) <= 4095, "R-GRP-039: context_bias")
    step_axis = table.ints(5, n, 0)
    counts = [step_count(t, axis) for t, axis in zip(tensors, step_axis, strict=True)]
    steps = sum(counts) if group.coding == UNIFORM else 0
    mantissas = table.ints(6, steps)
    exponents = table.signed(7, steps)
    first_exponent = table.ints(8, n, 0)
    low_zero_rows = table.ints(9, n, 0)
    JUDGE.allow(max(low_zero_rows) <= 1, "R-GRP-011: low_zero_rows")
    low_zero = table.ints(10, n, 0)
    size = (tensors[0].bits + 7) // 8 * n if group.coding == CONSTANT else 0
    constants = table.data(11, size)
    group.table_map = table.ints(12, 64 * group.root_classes if tables else 0, 0)
    most, rule = (tables // 2, "R-PRE-015") if group.sparse else (tables, "R-GRP-031")
    JUDGE.allow(all(pick < most for pick in group.table_map), f"{rule}: table_map")
    return Columns(
        rows, columns, axes, bias, step_axis, list(zip(mantissas, exponents, strict=True)),
        first_exponent, low_zero_rows, low_zero, constants, table.data(13, None),
    )  # fmt: skip


def cut_parts(group: Group, columns: Columns, tensors: list[Tensor], head: Head) -> None:
    """Split the tensors in axis groups, and cut the first and last at their rows."""
    n = len(tensors)
    shapes = [coded_shape(tensor, group.coding) for tensor in tensors]
    for r, c, shape in zip(columns.split_rows, columns.split_columns, shapes, strict=True):
        JUDGE.fits(r <= c <= len(shape), "R-GRP-024: split axes")
    marks = zip(tensors, columns.axes, columns.step_axis, columns.low_zero_rows, strict=True)
    for tensor, *said in marks:
        JUDGE.fits(tensor.count > 0 or not any(said), "R-GRP-025: an empty tensor")
    at = 0
    for i, (tensor, shape) in enumerate(zip(tensors, shapes, strict=True)):
        r, c = columns.split_rows[i], columns.split_columns[i]
        extent = product(shape[:r])
        start = head.first_row if i == 0 else 0
        limit = head.row_limit if i == n - 1 else 0
        JUDGE.fits(start == 0 or start < extent, "R-GRP-037: first_row")
        JUDGE.fits(limit == 0 or start < limit < extent, "R-GRP-038: row_limit")
        part = Part(
            tensor, start, (limit or extent) - start, product(shape[r:c]), product(shape[c:]), r
        )
        for name in ("axes", "bias", "step_axis", "first_exponent", "low_zero_rows", "low_zero"):
            setattr(part, name, getattr(columns, name)[i])
        steps = step_count(tensor, part.step_axis)
        part.steps = columns.steps[at : at + steps]
        at += steps
        group.parts.append(part)


def check_parameters(group: Group, columns: Columns) -> None:
    """Check what the dtype bounds."""
    mantissa = DTYPES[group.dtype][4]
    if group.coding == FLOAT:
        for part in group.parts:
            good = part.low_zero <= mantissa - 2 or part.low_zero_rows == 1
            JUDGE.allow(good, "R-GRP-028: low_zero")
    if group.coding == UNIFORM:
        top, low, high = ((1 << 24) - 1, -1000, 900) if group.dtype == 19 else (4095, -126, 103)
        JUDGE.allow(all(1 <= m <= top for m, _ in columns.steps), "R-GRP-029: step mantissa")
        JUDGE.allow(all(low <= e <= high for _, e in columns.steps), "R-GRP-030: step exponent")
    if group.coding == CONSTANT:
        bits = group.parts[0].tensor.bits
        size = (bits + 7) // 8
        cuts = range(0, len(columns.constants), size)
        group.constants = [columns.constants[at : at + size] for at in cuts]
        good = all(int.from_bytes(one, "little") < 1 << bits for one in group.constants)
        JUDGE.allow(good, "R-GRP-032: unused bits of a constant")


def check_cut(group: Group, place: Place, first_row: int) -> None:
    """Check that a tensor that the group before began goes on in the same way."""
    if first_row:
        same = (group.coding, group.predicted) == place.coding
        JUDGE.fits(same, "R-GRP-054: another coding, or predicted and not predicted")
        JUDGE.fits(group.parts[0].split_rows == place.split_rows, "R-GRP-040: other rows")


def advance(place: Place, group: Group, head: Head) -> None:
    """Say where the next group begins."""
    place.position = head.first + head.count - (1 if head.row_limit else 0)
    place.row = head.row_limit
    place.coding = (group.coding, group.predicted)
    place.split_rows = group.parts[-1].split_rows if head.row_limit else None
