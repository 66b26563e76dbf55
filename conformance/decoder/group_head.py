"""The fixed part of a group: fields, and which of them go together (chapter 6)."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.decoder.container import Reader
from conformance.decoder.reject import Judge
from conformance.decoder.structure import DTYPES

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


@dataclass(frozen=True, slots=True)
class Head:
    """The fixed part."""

    first: int
    count: int
    first_row: int
    row_limit: int
    segments: int
    tables: int
    columns: int
    dtype: int
    coding: int
    alignment: int
    hybrid: tuple[int, int, int]
    exponents: int
    predicted: bool
    sparse: bool
    scale: int
    classes: int


def read_fixed(reader: Reader) -> Head:
    """Read the fixed part, each field by itself."""
    first, count = reader.u(4), reader.u(4)
    JUDGE.allow(count >= 1, "R-GRP-001: a group of no tensors")
    first_row, row_limit = reader.u(8), reader.u(8)
    segments, tables, columns = reader.u(4), reader.u(2), reader.u(2)
    dtype, coding = reader.u(1), reader.u(1)
    JUDGE.support(dtype in DTYPES, f"R-GRP-002: dtype {dtype}")
    JUDGE.support(coding <= CONSTANT, f"R-GRP-003: coding {coding}")
    flags = reader.u(1)
    JUDGE.support(flags < 4, "R-GRP-004: flags")
    alignment = reader.u(1)
    JUDGE.allow(alignment <= 6, "R-GRP-005: alignment")
    hybrid = (reader.u(1), reader.u(1), reader.u(1))
    JUDGE.allow(hybrid[0] <= 7, "R-GRP-006: hybrid_split")
    exponents = reader.u(1)
    scale = reader.u(1)
    JUDGE.support(scale <= 2, "R-GRP-007: context_scale")
    classes = reader.u(1)
    JUDGE.support(classes <= 2, "R-GRP-008: root_classes")
    JUDGE.support(not any(reader.take(6)), "R-GRP-009: reserved bytes")
    return Head(
        first, count, first_row, row_limit, segments, tables, columns, dtype, coding, alignment,
        hybrid, exponents, bool(flags & 1), bool(flags & 2), scale, classes,
    )  # fmt: skip


def check_fixed(head: Head, level: int, features: int) -> None:
    """Check fields against each other, the level and the features of the stream."""
    max_tables, max_tokens = (64, 64) if level == 1 else (256, 256)
    coded = head.coding in {FLOAT, INT, UNIFORM}
    split, msb, lsb = head.hybrid
    JUDGE.fits(coded or head.first_row == head.row_limit == 0, "R-GRP-012: rows are cut")
    JUDGE.fits(head.coding != CONSTANT or head.segments == 0, "R-GRP-013: constant segments")
    JUDGE.fits(coded or head.tables == 0, "R-GRP-014: tables without symbols")
    JUDGE.allow(head.tables <= max_tables, "R-GRP-015: more tables than the level allows")
    allowed = head.coding not in ALLOWED or head.dtype in ALLOWED[head.coding]
    good = head.predicted or allowed
    JUDGE.allow(good, "R-GRP-016: coding of another dtype")
    JUDGE.allow(head.coding == STORED or head.alignment == 0, "R-GRP-017: alignment")
    good = head.coding in {INT, UNIFORM} or head.hybrid == (0, 0, 0)
    JUDGE.allow(good, "R-GRP-033: hybrid integers")
    JUDGE.allow(msb + lsb <= split, "R-GRP-034: hybrid bits")
    JUDGE.allow(head.coding == FLOAT or head.exponents == 0, "R-GRP-035: exponent_count")
    good = head.exponents >= 1 and 4 * head.exponents + 2 <= max_tokens
    JUDGE.allow(head.coding != FLOAT or good, "R-GRP-036: exponent_count")
    check_predicted(head, features)
    most = 2 if head.predicted else 1
    good = 1 <= head.classes <= most if head.tables else head.classes == 0
    JUDGE.fits(good, "R-GRP-018: root_classes")


def check_predicted(head: Head, features: int) -> None:
    """Check what differences from a root ask of the fixed part (13.4, 13.6)."""
    good = not head.predicted or head.coding in {INT, UNIFORM}
    JUDGE.fits(good, "R-PRE-009: coding of a predicted group")
    good = head.dtype in FLOATS if head.coding == UNIFORM else head.dtype not in COMPLEX
    good = good or not head.predicted
    JUDGE.allow(good, "R-PRE-010: dtype of a predicted group")
    good = head.predicted and (head.coding != INT or DTYPES[head.dtype][1] <= 32)
    JUDGE.allow(not head.sparse or good, "R-PRE-012: a sparse group")
    JUDGE.allow(head.predicted or head.scale == 0, "R-PRE-013: context_scale")
    JUDGE.fits(not head.sparse or features & 2 == 2, "R-PRE-004: sparse without its feature bit")
    good = head.tables % 2 == 0 and 2 <= head.tables <= 32
    JUDGE.allow(not head.sparse or good, "R-PRE-014: table_count of a sparse group")
