"""Groups: which tensors, which coding, with what parameters and tables (chapter 6)."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.decoder.container import Reader, Table
from conformance.decoder.reject import Judge
from conformance.decoder.structure import DTYPES, Structure, Tensor, product
from conformance.decoder.tables import read_tables

JUDGE = Judge("parameters")
STORED, FLOAT, INT, UNIFORM, CONSTANT = range(5)
FLOATS = {16, 17, 18, 19, 24, 25, 26, 27}
COMPLEX = {32, 33, 34}
INTS = {1, 2, 3, 4, 5, 6, 7, 8, 9}
SUB_BYTE = {40, 41, 42, 43, 44, 45, 46}
ALLOWED = {
    FLOAT: FLOATS | COMPLEX,
    INT: INTS | {28, 64} | SUB_BYTE,
    UNIFORM: INTS | FLOATS,
}
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
    parts: list[Part] = field(default_factory=list)
    tables: list[list[int]] = field(default_factory=list)
    table_map: list[int] = field(default_factory=list)
    constants: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class Place:
    """Where in the coded order the next group begins."""

    position: int = 0
    row: int = 0
    coding: int | None = None
    split_rows: int | None = None


def coded_shape(tensor: Tensor, coding: int) -> list[int]:
    """Return the dims, with an axis of two parts for complex and for 64-bit integers."""
    two = tensor.dtype in COMPLEX or (coding == INT and tensor.dtype in {8, 9})
    return [*tensor.dims, 2] if two else list(tensor.dims)


def read_group(payload: bytes, structure: Structure, place: Place, level: int) -> Group:
    """Read a group unit and advance `place`."""
    reader = Reader(payload, JUDGE)
    first, count, first_row, row_limit = reader.u(4), reader.u(4), reader.u(8), reader.u(8)
    segments, table_count, columns = reader.u(4), reader.u(2), reader.u(2)
    JUDGE.allow(count >= 1, "a group of no tensors")
    JUDGE.fits((first, first_row) == (place.position, place.row), "the group begins elsewhere")
    JUDGE.fits(first + count <= len(structure.coded_order), "more tensors than there are")
    tensors = [structure.tensors[n] for n in structure.coded_order[first : first + count]]
    group = read_fixed(reader, tensors, segments, table_count, level)
    table = Table(reader, columns, COLUMNS, RESERVED)
    for number in table.columns:
        JUDGE.fits(number in SENSE[group.coding], f"column {number} makes no sense here")
    read_parts(group, table, tensors, (first_row, row_limit), place)
    read_parameters(group, table)
    read_coded_tables(group, table, table_count, level)
    advance(place, group, first, count, row_limit)
    return group


def read_fixed(
    reader: Reader, tensors: list[Tensor], segments: int, table_count: int, level: int
) -> Group:
    """Bytes 32 to 47 of the fixed part."""
    max_tables, max_tokens = (64, 64) if level == 1 else (256, 256)
    JUDGE.allow(table_count <= max_tables, "more tables than the level allows")
    dtype, coding = reader.u(1), reader.u(1)
    JUDGE.support(dtype in DTYPES, f"dtype {dtype}")
    JUDGE.fits(all(tensor.dtype == dtype for tensor in tensors), "a tensor of another dtype")
    JUDGE.support(coding <= CONSTANT, f"coding {coding}")
    JUDGE.allow(coding not in ALLOWED or dtype in ALLOWED[coding], "coding of another dtype")
    reader.reserved(1)
    alignment = reader.u(1)
    JUDGE.allow(alignment <= (6 if coding == STORED else 0), "alignment")
    split, msb, lsb = reader.u(1), reader.u(1), reader.u(1)
    JUDGE.allow(split <= 7 and msb + lsb <= split, "hybrid parameters")
    JUDGE.allow(coding in {INT, UNIFORM} or split == 0, "hybrid parameters without integers")
    exponents = reader.u(1)
    good = exponents >= 1 and 4 * exponents + 2 <= max_tokens if coding == FLOAT else not exponents
    JUDGE.allow(good, "exponent_count")
    JUDGE.support(reader.u(1) == 0, "context_scale")
    classes = reader.u(1)
    JUDGE.support(classes <= 1, "root classes")
    JUDGE.fits(classes == int(table_count > 0), "root_classes")
    reader.reserved(6)
    return Group(dtype, coding, alignment, (split, msb, lsb), exponents, segments)


def read_parts(
    group: Group,
    table: Table,
    tensors: list[Tensor],
    rows: tuple[int, int],
    place: Place,
) -> None:
    """Split the tensors in axis groups, and cut the first and last at their rows."""
    first_row, row_limit = rows
    n = len(tensors)
    shapes = [coded_shape(tensor, group.coding) for tensor in tensors]
    default_rows = [min(1, len(shape)) for shape in shapes]
    split_rows = table.ints(1, n) if table.has(1) else default_rows
    split_columns = table.ints(2, n) if table.has(2) else [len(shape) for shape in shapes]
    whole = group.coding in {STORED, CONSTANT}
    JUDGE.fits(not whole or first_row == row_limit == 0, "this coding holds whole tensors")
    for i, (tensor, shape) in enumerate(zip(tensors, shapes, strict=True)):
        r, c = split_rows[i], split_columns[i]
        JUDGE.fits(r <= c <= len(shape), "split axes")
        extent = product(shape[:r])
        start = first_row if i == 0 else 0
        stop = row_limit if i == n - 1 and row_limit else extent
        JUDGE.fits(start < extent or start == 0, "first_row")
        JUDGE.fits(not (i == n - 1 and row_limit) or start < stop < extent, "row_limit")
        part = Part(tensor, start, stop - start, product(shape[r:c]), product(shape[c:]), r)
        group.parts.append(part)
    if first_row:
        JUDGE.fits(group.coding == place.coding, "coding differs between groups of a tensor")
        JUDGE.fits(split_rows[0] == place.split_rows, "split_rows differs between groups")


def read_parameters(group: Group, table: Table) -> None:
    """Columns 3 to 11."""
    n = len(group.parts)
    _, _, _, exponent_bits, mantissa = DTYPES[group.dtype]
    said = {
        "axes": table.ints(3, n, 0),
        "bias": table.signed(4, n, 0),
        "step_axis": table.ints(5, n, 0),
        "first_exponent": table.ints(8, n, 0),
        "low_zero_rows": table.ints(9, n, 0),
        "low_zero": table.ints(10, n, 0),
    }
    for i, part in enumerate(group.parts):
        for name, values in said.items():
            setattr(part, name, values[i])
        JUDGE.allow(part.axes <= 7, "class_axes")
        JUDGE.allow(-256 <= part.bias <= 255, "context_bias")
        JUDGE.allow(part.low_zero_rows <= 1, "low_zero_rows")
        extras = part.axes or part.step_axis or part.low_zero_rows
        JUDGE.fits(part.tensor.count > 0 or not extras, "maps or steps of an empty tensor")
        if group.coding == FLOAT:
            JUDGE.allow(part.first_exponent + group.exponents <= 1 << exponent_bits, "exponents")
            JUDGE.allow(part.low_zero <= mantissa - 2 or bool(part.low_zero_rows), "low_zero")
    if group.coding == UNIFORM:
        read_steps(group, table)
    if group.coding == CONSTANT:
        read_constants(group, table)


def read_steps(group: Group, table: Table) -> None:
    """Read steps m * 2^e: one a tensor, or one an index of an axis."""
    counts = []
    for part in group.parts:
        JUDGE.fits(part.step_axis <= len(part.tensor.dims), "step_axis")
        counts.append(part.tensor.dims[part.step_axis - 1] if part.step_axis else 1)
    mantissas = table.ints(6, sum(counts))
    exponents = table.signed(7, sum(counts))
    top, low, high = ((1 << 24) - 1, -1000, 900) if group.dtype == 19 else (4095, -126, 103)
    JUDGE.allow(all(1 <= m <= top for m in mantissas), "step mantissa")
    JUDGE.allow(all(low <= e <= high for e in exponents), "step exponent")
    at = 0
    for part, count in zip(group.parts, counts, strict=True):
        part.steps = list(zip(mantissas, exponents, strict=True))[at : at + count]
        at += count


def read_constants(group: Group, table: Table) -> None:
    """One element a tensor; unused bits are zero."""
    bits = group.parts[0].tensor.bits
    size = (bits + 7) // 8
    data = table.data(11, size * len(group.parts), len(group.parts))
    group.constants = [data[at : at + size] for at in range(0, len(data), size)]
    for one in group.constants:
        JUDGE.allow(int.from_bytes(one, "little") < 1 << bits, "unused bits of a constant")


def read_coded_tables(group: Group, table: Table, count: int, level: int) -> None:
    """Columns 12 and 13."""
    coded = group.coding in {FLOAT, INT, UNIFORM}
    JUDGE.fits(coded or count == 0, "tables without symbols")
    symbols = sum(part.count for part in group.parts)
    none = symbols == 0 or group.coding == CONSTANT
    JUDGE.fits((group.segment_count == 0) == none, "segment_count")
    JUDGE.fits(not coded or count > 0 or symbols == 0, "symbols without tables")
    JUDGE.fits(table.has(12) == table.has(13) == (count > 0), "table columns")
    if count:
        group.table_map = table.ints(12, 64)
        JUDGE.allow(all(value < count for value in group.table_map), "table_map")
        data = bytes(table.columns[13])
        group.tables = read_tables(data, count, 64 if level == 1 else 256, JUDGE)


def advance(place: Place, group: Group, first: int, count: int, row_limit: int) -> None:
    """Say where the next group begins."""
    place.position = first + count - (1 if row_limit else 0)
    place.row = row_limit
    place.coding = group.coding
    place.split_rows = group.parts[-1].split_rows if row_limit else None
