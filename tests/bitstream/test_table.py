"""Tables: widths, broadcast, defaults, unknown columns, and a directory that must fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dombit.arithmetic import unzigzag, zigzag
from dombit.bitstream import registry as types
from dombit.bitstream.columns import Column, Entry, integers, octets
from dombit.bitstream.source import Source
from dombit.bitstream.table import TableReader, build_table

COLUMNS = (
    integers(1, "plain", "rows", "Required."),
    integers(2, "usual", "rows", "Has a default.", default=7),
    integers(3, "signed", "rows", "Zigzag.", default=0, signed=True),
    octets(4, "text", "bytes", "Bytes."),
    integers(5, "own", "rows", "Never broadcast.", broadcast=False),
)


def source(data: bytes) -> Source:
    """Return bytes as a payload."""
    return Source(data=memoryview(data), at=0, path="table", stage="structure")


def reader(count: int, data: bytes, columns: tuple[Column, ...] = COLUMNS) -> TableReader:
    """Return a reader of a table without fixed part."""
    return TableReader(source(data), 0, count, columns)


def entries(count: int, data: bytes) -> list[tuple[int, int, int, int]]:
    """Return the directory."""
    found: list[tuple[int, int, int, int]] = np.frombuffer(
        data, Entry.record_dtype(), count
    ).tolist()
    return found


def test_columns_take_the_smallest_width() -> None:
    """An element takes 1, 2, 4 or 8 bytes, whatever the largest one of its column needs."""
    for value, width in ((255, 1), (256, 2), (65536, 4), (1 << 32, 8), ((1 << 53) - 1, 8)):
        count, data = build_table(COLUMNS, {"plain": np.array([0, value])}, 0)
        assert entries(count, data) == [(1, width, 0, 2 * width)]
        assert reader(count, data).integers("plain", 2).tolist() == [0, value]


def test_equal_elements_are_written_once_and_defaults_not_at_all() -> None:
    """A constant column is broadcast; a column of defaults, or of no rows, is absent."""
    values = {
        "plain": np.full(1000, 3),
        "usual": np.full(1000, 7),
        "text": b"",
        "own": np.full(1000, 4),
    }
    count, data = build_table(COLUMNS, values, 0)
    assert entries(count, data) == [(1, 1, 0, 1), (5, 1, 0, 1000)]
    table = reader(count, data)
    assert table.integers("plain", 1000).tolist() == [3] * 1000
    assert table.integers("usual", 1000).tolist() == [7] * 1000


def test_expansion_takes_no_memory() -> None:
    """One element for 2^40 rows is a view with stride 0."""
    count, data = build_table(COLUMNS, {"plain": np.array([3])}, 0)
    table = reader(count, data)
    assert table.integers("plain", 1 << 40).strides == (0,)
    assert table.integers("usual", 1 << 40).strides == (0,)


def test_signed_elements_are_zigzag() -> None:
    """0, -1, 1, -2 is 0, 1, 2, 3."""
    values = np.array([0, -1, 1, -2, -(1 << 51), (1 << 52) - 1])
    ends = np.array([-(1 << 63), (1 << 63) - 1])
    assert zigzag(ends).tolist() == [(1 << 64) - 1, (1 << 64) - 2]
    assert unzigzag(zigzag(ends)).tolist() == ends.tolist()
    assert zigzag(values)[:4].tolist() == [0, 1, 2, 3]
    assert unzigzag(zigzag(values)).tolist() == values.tolist()
    count, data = build_table(COLUMNS, {"signed": values}, 0)
    assert reader(count, data).integers("signed", 6).tolist() == values.tolist()


def test_columns_are_aligned_to_their_width() -> None:
    """A gap of zeros leads to a multiple of the width, counted from the payload's start."""
    values = {"plain": np.array([1, 2, 3]), "usual": np.array([1, 2, 1 << 20])}
    for start in range(8):
        count, table = build_table(COLUMNS, values, start)
        data = bytes(start) + table
        opened = TableReader(source(data), start, count, COLUMNS)
        assert opened.integers("plain", 3).tolist() == [1, 2, 3]
        assert opened.integers("usual", 3).tolist() == [1, 2, 1 << 20]
        assert len(data) % 4 == 0


def test_a_gap_that_is_not_zero(lab: Any) -> None:
    """Bytes between columns are zero."""
    values = {"plain": np.array([1, 2, 3]), "usual": np.array([1, 2, 1 << 20])}
    count, data = build_table(COLUMNS, values, 0)
    spoiled = data[:19] + b"\1" + data[20:]
    error = lab.refused(lambda: reader(count, spoiled))
    assert (error.rule, error.kind, error.at) == ("R-CON-002", "forbidden-value", 19)


@pytest.mark.parametrize(
    ("rule", "kind", "directory", "body"),
    [
        ("R-CON-004", "unsupported", [(1, 1, 2, 1)], b"x"),
        ("R-CON-008", "malformed", [(1, 1, 0, 2)], b"x"),
        ("R-CON-008", "malformed", [(1, 1, 0, 1)], b"xx"),
        ("R-CON-009", "malformed", [(2, 1, 0, 1), (1, 1, 0, 1)], b"xx"),
        ("R-CON-009", "malformed", [(1, 1, 0, 1), (1, 1, 0, 1)], b"xx"),
        ("R-CON-010", "unsupported", [(9, 1, 0, 1)], b"x"),
        ("R-CON-011", "malformed", [(1, 3, 0, 3)], b"xxx"),
        ("R-CON-011", "malformed", [(1, 0, 0, 1)], b"x"),
        ("R-CON-011", "malformed", [(4, 1, 0, 1)], b"x"),
        ("R-CON-012", "forbidden-value", [(1, 1, 1, 1)], b"x"),
        ("R-CON-013", "malformed", [(1, 2, 0, 3)], b"xxx"),
        ("R-CON-013", "malformed", [(4, 0, 0, 0)], b""),
    ],
)
def test_directories(lab: Any, rule: str, kind: str, directory: Any, body: bytes) -> None:
    """An entry that breaks one rule is refused before any column is read."""
    data = np.array(directory, Entry.record_dtype()).tobytes() + body
    error = lab.refused(lambda: reader(len(directory), data))
    assert (error.rule, error.kind) == (rule, kind)


def test_a_directory_that_does_not_fit(lab: Any) -> None:
    """The directory lies inside the payload."""
    error = lab.refused(lambda: reader(2, bytes(15)))
    assert (error.rule, error.kind) == ("R-CON-007", "malformed")


@pytest.mark.parametrize(
    ("rule", "elements", "name", "rows"),
    [
        ("R-CON-001", [0, 1 << 53], "plain", 2),
        ("R-CON-001", [(1 << 64) - 1], "signed", 4),
        ("R-CON-006", [1, 2], "plain", 3),
        ("R-CON-006", [1, 2], "plain", 1),
        ("R-CON-006", [1], "plain", 0),
        ("R-CON-006", [1], "own", 2),
    ],
)
def test_elements(lab: Any, rule: str, elements: list[int], name: str, rows: int) -> None:
    """Too large an element, or too few or many of them, are refused where they stand."""
    number = next(column.id for column in COLUMNS if column.name == name)
    body = np.array(elements, "<u8").tobytes()
    head = np.array([(number, 8, 0, len(body))], Entry.record_dtype()).tobytes()
    error = lab.refused(lambda: reader(1, head + body).integers(name, rows))
    assert error.rule == rule


def test_a_missing_column(lab: Any) -> None:
    """A column without default is there when it has rows, and need not be when it has none."""
    assert reader(0, b"").integers("plain", 0).size == 0
    assert lab.refused(lambda: reader(0, b"").integers("plain", 1)).rule == "R-CON-005"
    assert lab.refused(lambda: reader(0, b"").octets("text", 1)).rule == "R-CON-005"


def test_an_unknown_ancillary_column_is_skipped(lab: Any) -> None:
    """A later version may add columns that this one need not know, at any place."""
    for number in (0, 90, 99):
        changes = {number: (2, 1, b"ab")}
        payload = lab.spoil(types.STRUCTURE, lab.payload(types.STRUCTURE), {}, changes)
        assert lab.parse(types.STRUCTURE, payload).tensors == lab.structure.tensors
