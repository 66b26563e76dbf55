"""Refusals: each rule on a payload is broken by a payload that breaks nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dombit.bitstream import group as group_chapter
from dombit.bitstream import registry as types
from dombit.bitstream.source import loose_unit
from dombit.limits import LEVELS, Limits
from dombit.records import CONSTANT, FLOAT, INT, STORED, UNIFORM

BIG = 1 << 53
NAMES = b"a.weightbiastiedurned" + b"x" * 40

HEADERS: list[tuple[str, str, dict[str, Any]]] = [
    ("R-CON-027", "unsupported", {"version_major": 1}),
    ("R-CON-028", "unsupported", {"version_minor": 2}),
    ("R-CON-029", "unsupported", {"profile": 2}),
    ("R-CON-030", "unsupported", {"level": 3}),
    ("R-CON-031", "forbidden-value", {"model_count": 0}),
    ("R-CON-032", "unsupported", {"flags": 2}),
    ("R-CON-033", "unsupported", {"required_features": 1 << 63}),
    ("R-CON-034", "unsupported", {"model_count": 2}),
]
METADATA: list[tuple[str, str, dict[str, Any], dict[Any, Any]]] = [
    ("R-STR-001", "unsupported", {"reserved": 1}, {}),
    ("R-STR-002", "malformed", {"entry_count": 2},
     {"key_length": [1, 1], "value_length": [0, 1], "text": b"kkv"}),
    ("R-STR-003", "forbidden-value", {"entry_count": 1},
     {"key_length": [1], "value_length": [1], "text": b"k\xff"}),
]  # fmt: skip
STRUCTURE: list[tuple[str, str, dict[str, Any], dict[Any, Any]]] = [
    ("R-CON-001", "forbidden-value", {"output_bytes": BIG}, {}),
    ("R-CON-005", "malformed", {}, {"dtype": None}),
    ("R-CON-005", "malformed", {}, {"name_text": None}),
    ("R-CON-006", "malformed", {}, {"dtype": [18] * 8}),
    ("R-CON-006", "malformed", {}, {"name_text": b"short"}),
    ("R-CON-006", "malformed", {}, {"coded_order": [0]}),
    ("R-STR-004", "unsupported", {"flags": 16}, {}),
    ("R-STR-005", "unsupported", {"root_count": 2}, {}),
    ("R-PRE-001", "malformed", {"root_count": 1}, {}),
    ("R-PRE-001", "malformed", {"flags": 1}, {}),
    ("R-PRE-002", "forbidden-value", {"flags": 1, "root_count": 1}, {}),
    ("R-PRE-002", "forbidden-value", {"flags": 1, "root_count": 1, "chain_depth": 65}, {}),
    ("R-STR-006", "unsupported", {"chain_depth": 1}, {}),
    ("R-STR-007", "unsupported", {"reserved_18": 256}, {}),
    ("R-STR-008", "unsupported", {"added_count": 1}, {}),
    ("R-STR-009", "forbidden-value", {}, {"rank": [33] + [1] * 8}),
    ("R-STR-010", "forbidden-value", {}, {"dims": [1 << 48] + [1] * 11}),
    ("R-STR-011", "unsupported", {}, {"tensor_flags": [4] + [0] * 8}),
    ("R-STR-012", "malformed", {}, {"name_shared": [1] + [0] * 8}),
    ("R-STR-013", "malformed", {},
     {"name_shared": [0, 1] + [0] * 7, "name_length": [1, 0, 2, 3, 4, 5, 6, 7, 8],
      "name_text": b"x" * 36}),
    ("R-STR-014", "forbidden-value", {},
     {"name_shared": [0] * 9, "name_length": [0, 1, 2, 3, 4, 5, 6, 7, 8], "name_text": b"x" * 36}),
    ("R-STR-014", "forbidden-value", {},
     {"name_shared": [0] * 9, "name_length": [4097, *range(1, 9)], "name_text": b"x" * 4133}),
    ("R-STR-015", "forbidden-value", {},
     {"name_shared": [0] * 9, "name_length": [*range(1, 10)], "name_text": b"\x80" * 45}),
    ("R-STR-016", "forbidden-value", {},
     {"name_shared": [0] * 9, "name_length": [*range(1, 10)], "name_text": b"\x7f" * 45}),
    ("R-STR-016", "forbidden-value", {},
     {"name_shared": [0] * 9, "name_length": [2, *range(1, 9)],
      "name_text": "\x85".encode() + b"x" * 36}),
    ("R-STR-017", "unsupported", {}, {"dtype": [18, 10, 18, 18, 2, 17, 9, 40, 3]}),
    ("R-STR-018", "forbidden-value", {}, {"dims": [1 << 47, 1 << 5] + [1] * 10}),
    ("R-STR-018", "forbidden-value", {},
     {"rank": [3, 1, 2, 2, 1, 2, 0, 1, 1], "dims": [1 << 47, 32, 0] + [1] * 10}),
    ("R-STR-019", "malformed", {}, {"tensor_flags": [2] + [0] * 8}),
    ("R-STR-020", "malformed", {}, {"alias_of": [0, 0, 4, 1, 0, 0, 0, 0, 0]}),
    ("R-STR-020", "malformed", {}, {"alias_of": [0, 0, 10, 1, 0, 0, 0, 0, 0]}),
    ("R-STR-021", "malformed", {}, {"alias_of": [0, 0, 5, 1, 0, 0, 0, 0, 0]}),
    ("R-STR-022", "malformed", {}, {"alias_offset": [25, 0]}),
    ("R-STR-022", "malformed", {}, {"alias_offset": [8, 1]}),
    ("R-STR-022", "malformed", {}, {"alias_strides": [1, 5]}),
    ("R-STR-023", "malformed", {}, {"coded_order": [0, 1, 5, 4, 6, 7, 7]}),
    ("R-STR-024", "malformed", {"output_bytes": 1}, {}),
    ("R-STR-026", "forbidden-value", {}, {"tensor_flags": [0, 0, 1, 2, 0, 0, 0, 0, 0]}),
]  # fmt: skip
SKELETON: list[tuple[str, str, dict[str, Any], dict[Any, Any]]] = [
    ("R-SKE-001", "unsupported", {"carrier": 4}, {}),
    ("R-SKE-002", "unsupported", {"reserved_1": b"\0\1\0"}, {}),
    ("R-SKE-003", "forbidden-value", {"file_count": 0}, {}),
    ("R-SKE-004", "unsupported", {"reserved_14": 1}, {}),
    ("R-SKE-005", "forbidden-value", {}, {"file_name_length": [0, 8]}),
    ("R-SKE-006", "unsupported", {}, {"piece_kind": [0, 1, 3, 1, 1]}),
    ("R-SKE-007", "forbidden-value", {}, {"piece_length": [10, 32, 4, 0, 16]}),
    ("R-CON-006", "malformed", {}, {"piece_length": [16]}),
    ("R-SKE-008", "malformed", {}, {"file_piece_count": [4, 2]}),
    ("R-SKE-009", "malformed", {"literal_bytes": 11}, {}),
    ("R-SKE-010", "malformed", {}, {"permutation_axes": [1, 1]}),
    ("R-SKE-011", "malformed", {}, {"file_name_length": [2, 2], "file_name_text": b"abab"}),
    ("R-SKE-012", "malformed", {}, {"file_size": [175, 16]}),
    ("R-SKE-013", "malformed", {}, {"hole_tensor": [0, 0, 9]}),
    ("R-SKE-014", "malformed", {}, {"hole_first": [97, 0, 0]}),
    ("R-SKE-016", "forbidden-value", {},
     {"piece_length": [10, 32, 5, 127, 16]}),
    ("R-SKE-017", "malformed", {}, {"crc_length": [165]}),
    ("R-SKE-018", "malformed", {}, {"crc_length": [33]}),
    ("R-SKE-019", "malformed", {}, {"hole_permutation": [0, 2, 0]}),
    ("R-SKE-020", "malformed", {}, {"hole_permutation": [0, 0, 1]}),
    ("R-SKE-021", "forbidden-value", {},
     {"hole_tensor": [0, 0, 7], "hole_permutation": [0, 0, 1], "permutation_rank": [1],
      "permutation_axes": [0], "piece_length": [10, 32, 4, 128, 2], "file_size": [174, 2]}),
    ("R-SKE-022", "forbidden-value", {}, {"permutation_rank": [33]}),
]  # fmt: skip
BAD_FILES = [
    b"/abs", b"a//b", b"..", b"a/../b", b"./a", b"a/", b"a\\b", b"c:", b"a\nb", b"\xff",
    b"x" * 4097,
]  # fmt: skip
Case = tuple[str, str, int, dict[str, Any], dict[Any, Any]]
GROUPS: list[Case] = [
    ("R-GRP-001", "forbidden-value", FLOAT, {"count": 0}, {}),
    ("R-GRP-002", "unsupported", FLOAT, {"dtype": 10}, {}),
    ("R-GRP-003", "unsupported", FLOAT, {"coding": 5}, {}),
    ("R-GRP-004", "unsupported", FLOAT, {"flags": 4}, {}),
    ("R-PRE-009", "malformed", FLOAT, {"flags": 1}, {}),
    ("R-PRE-012", "forbidden-value", FLOAT, {"flags": 2}, {}),
    ("R-GRP-005", "forbidden-value", STORED, {"alignment": 7}, {}),
    ("R-GRP-006", "forbidden-value", INT, {"hybrid_split": 8}, {}),
    ("R-GRP-007", "unsupported", FLOAT, {"context_scale": 3}, {}),
    ("R-PRE-013", "forbidden-value", FLOAT, {"context_scale": 1}, {}),
    ("R-GRP-008", "unsupported", FLOAT, {"root_classes": 3}, {}),
    ("R-GRP-018", "malformed", FLOAT, {"root_classes": 2}, {}),
    ("R-GRP-009", "unsupported", FLOAT, {"reserved_42": b"\0\0\0\0\0\1"}, {}),
    ("R-GRP-010", "forbidden-value", FLOAT, {}, {"class_axes": [8, 0]}),
    ("R-GRP-011", "forbidden-value", FLOAT, {}, {"low_zero_rows": [2, 0]}),
    ("R-GRP-012", "malformed", STORED, {"first_row": 1}, {}),
    ("R-GRP-012", "malformed", CONSTANT, {"row_limit": 1}, {}),
    ("R-GRP-013", "malformed", CONSTANT, {"segment_count": 1}, {}),
    ("R-GRP-014", "malformed", STORED, {"table_count": 1}, {}),
    ("R-GRP-015", "forbidden-value", FLOAT, {"table_count": 65}, {}),
    ("R-GRP-016", "forbidden-value", INT, {"dtype": 18}, {}),
    ("R-GRP-017", "forbidden-value", INT, {"alignment": 1}, {}),
    ("R-GRP-018", "malformed", FLOAT, {"root_classes": 0}, {}),
    ("R-GRP-018", "malformed", STORED, {"root_classes": 1}, {}),
    ("R-GRP-019", "malformed", UNIFORM, {"count": 2}, {}),
    ("R-GRP-052", "malformed", FLOAT, {"dtype": 19}, {}),
    ("R-GRP-021", "malformed", FLOAT, {"segment_count": 0}, {}),
    ("R-GRP-021", "malformed", STORED, {"segment_count": 0}, {}),
    ("R-GRP-022", "malformed", FLOAT, {"table_count": 0, "root_classes": 0}, {}),
    ("R-GRP-023", "malformed", FLOAT, {}, {"step_axis": [0, 0]}),
    ("R-GRP-023", "malformed", STORED, {}, {"split_rows": [1]}),
    ("R-GRP-024", "malformed", FLOAT, {}, {"split_rows": [2, 1], "split_columns": [1, 1]}),
    ("R-GRP-024", "malformed", FLOAT, {}, {"split_columns": [3, 1]}),
    ("R-GRP-026", "malformed", UNIFORM, {}, {"step_axis": [2]}),
    ("R-GRP-028", "forbidden-value", FLOAT, {}, {"low_zero": [0, 22]}),
    ("R-GRP-029", "forbidden-value", UNIFORM, {}, {"step_mantissa": [0]}),
    ("R-GRP-029", "forbidden-value", UNIFORM, {}, {"step_mantissa": [4096]}),
    ("R-GRP-030", "forbidden-value", UNIFORM, {}, {"step_exponent": [-127]}),
    ("R-GRP-030", "forbidden-value", UNIFORM, {}, {"step_exponent": [104]}),
    ("R-GRP-031", "forbidden-value", FLOAT, {}, {"table_map": [0] * 63 + [2]}),
    ("R-GRP-031", "forbidden-value", FLOAT, {}, {"table_map": [256]}),
    ("R-GRP-033", "forbidden-value", FLOAT, {"hybrid_split": 4}, {}),
    ("R-GRP-034", "forbidden-value", INT, {"hybrid_msb": 4}, {}),
    ("R-GRP-035", "forbidden-value", INT, {"exponent_count": 1}, {}),
    ("R-GRP-036", "forbidden-value", FLOAT, {"exponent_count": 0}, {}),
    ("R-GRP-036", "forbidden-value", FLOAT, {"exponent_count": 16}, {}),
    ("R-GRP-037", "malformed", FLOAT, {"first_row": 32}, {}),
    ("R-GRP-038", "malformed", FLOAT, {"row_limit": 4}, {}),
    ("R-GRP-038", "malformed", UNIFORM, {"row_limit": 3, "first_row": 3}, {}),
    ("R-GRP-039", "forbidden-value", FLOAT, {}, {"context_bias": [-4097, 0]}),
    ("R-GRP-039", "forbidden-value", FLOAT, {}, {"context_bias": [4096, 0]}),
    ("R-CON-048", "unsupported", FLOAT, {}, {14: (1, 0, b"x")}),
    ("R-CON-048", "unsupported", CONSTANT, {}, {18: (0, 1, b"x")}),
    ("R-GRP-055", "malformed", FLOAT, {}, {"tables": None}),
    ("R-CON-005", "malformed", CONSTANT, {}, {"constants": None}),
    ("R-CON-006", "malformed", CONSTANT, {}, {"constants": b"\x01"}),
    ("R-CON-006", "malformed", UNIFORM, {}, {"step_mantissa": [1] * 63}),
]  # fmt: skip
SEGMENTS: list[tuple[str, str, dict[str, Any]]] = [
    ("R-SEG-001", "unsupported", {"kind": 3}),
    ("R-SEG-002", "unsupported", {"flags": 3}),
    ("R-SEG-003", "forbidden-value", {"lanes_log2": 17}),
    ("R-SEG-004", "unsupported", {"reserved_3": 1}),
    ("R-SEG-005", "forbidden-value", {"count": 0}),
    ("R-SEG-008", "malformed", {"word_count": 10}),
    ("R-SEG-008", "malformed", {"lanes_log2": 5}),
    ("R-SEG-011", "forbidden-value", {"lanes_log2": 11}),
    ("R-SEG-035", "forbidden-value", {"count": 65536 * 2 + 1}),
    ("R-CON-001", "forbidden-value", {"first": BIG}),
]
MAPS: list[tuple[str, str, int, bytes]] = [
    ("R-SEG-006", "forbidden-value", 24, b"\0"),
    ("R-SEG-006", "forbidden-value", 24, b"\5"),
    ("R-SEG-007", "unsupported", 25, b"\1"),
    ("R-SEG-009", "malformed", 4, b"\0"),
    ("R-SEG-010", "forbidden-value", 1, b"\1"),
    ("R-SEG-013", "forbidden-value", 30, b"\2"),
    ("R-SEG-014", "malformed", 27, b"\1"),
    ("R-CON-002", "forbidden-value", 38, b"\1"),
]
MODEL_ENDS: list[tuple[str, str, dict[str, Any], dict[Any, Any]]] = [
    ("R-IDX-001", "unsupported", {"digest_kind": 2}, {}),
    ("R-IDX-002", "unsupported", {"reserved_37": 1}, {}),
    ("R-IDN-050", "malformed", {"tensor_count": 9}, {}),
    ("R-CON-006", "malformed", {}, {"tensor_digests": b"t" * 255}),
]


def check(lab: Any, expected: tuple[str, str], unit_type: int, payload: bytes, **more: Any) -> None:
    """Expect a payload to be refused for this reason, with the stage of its unit."""
    error = lab.refused(lambda: lab.parse(unit_type, payload, **more))
    assert (error.rule, error.kind) == expected
    assert error.stage == types.UNIT_TYPES[unit_type].stage
    assert error.at is not None


@pytest.mark.parametrize(("rule", "kind", "head"), HEADERS)
def test_stream_headers(lab: Any, rule: str, kind: str, head: dict[str, Any]) -> None:
    """A field of the stream header out of its range is refused."""
    payload = lab.spoil(types.HEADER, lab.payload(types.HEADER), head)
    check(lab, (rule, kind), types.HEADER, payload)


@pytest.mark.parametrize(("rule", "kind", "head", "columns"), METADATA)
def test_metadata(lab: Any, rule: str, kind: str, head: Any, columns: Any) -> None:
    """A metadata unit that breaks one rule is refused."""
    payload = lab.spoil(types.METADATA, lab.payload(types.METADATA), head, columns)
    check(lab, (rule, kind), types.METADATA, payload)


def test_limits_of_metadata(lab: Any) -> None:
    """More entries than the caller allows are refused before any column is looked at."""
    payload = lab.spoil(types.METADATA, lab.payload(types.METADATA), {"entry_count": 1 << 31})
    check(lab, ("R-LIM-051", "limit-exceeded"), types.METADATA, payload)


@pytest.mark.parametrize(("rule", "kind", "head", "columns"), STRUCTURE)
def test_structures(lab: Any, rule: str, kind: str, head: Any, columns: Any) -> None:
    """A structure that breaks one rule is refused."""
    payload = lab.spoil(types.STRUCTURE, lab.payload(types.STRUCTURE), head, columns)
    check(lab, (rule, kind), types.STRUCTURE, payload)


def test_partial_alias_of_a_narrow_dtype(lab: Any) -> None:
    """An alias of a sub-byte tensor is the whole of it."""
    columns = {"alias_of": [0, 0, 8, 1, 0, 0, 0, 0, 0], "dtype": [18, 18, 40, 18, 2, 17, 9, 40, 3]}
    columns["alias_offset"] = [0, 0]
    columns["dims"] = [8, 4, 4, 1, 2, 4, 8, 16, 0, 3, 3, 64]
    payload = lab.spoil(types.STRUCTURE, lab.payload(types.STRUCTURE), {}, columns)
    check(lab, ("R-STR-025", "forbidden-value"), types.STRUCTURE, payload)


@pytest.mark.parametrize(
    ("rule", "limits"),
    [
        ("R-LIM-001", Limits(tensors=8)),
        ("R-LIM-002", Limits(output_bytes=100)),
        ("R-LIM-003", Limits(rank=1)),
        ("R-LIM-008", Limits(inflated_bytes=50)),
    ],
)
def test_limits_of_structures(lab: Any, rule: str, limits: Limits) -> None:
    """A structure beyond a limit of the caller is refused."""
    payload = lab.payload(types.STRUCTURE)
    check(lab, (rule, "limit-exceeded"), types.STRUCTURE, payload, limits=limits)


@pytest.mark.parametrize(("rule", "kind", "head", "columns"), SKELETON)
def test_skeletons(lab: Any, rule: str, kind: str, head: Any, columns: Any) -> None:
    """A skeleton that breaks one rule is refused."""
    payload = lab.spoil(types.SKELETON, lab.payload(types.SKELETON), head, columns)
    check(lab, (rule, kind), types.SKELETON, payload)


@pytest.mark.parametrize("name", BAD_FILES)
def test_names_of_files(lab: Any, name: bytes) -> None:
    """A name that could leave its folder, or that a system may not have, is refused."""
    columns = {"file_name_length": [len(name), 1], "file_name_text": name + b"b"}
    payload = lab.spoil(types.SKELETON, lab.payload(types.SKELETON), {}, columns)
    check(lab, ("R-SKE-015", "forbidden-value"), types.SKELETON, payload)


@pytest.mark.parametrize(
    ("rule", "limits"),
    [
        ("R-LIM-004", Limits(tensors=4)),
        ("R-LIM-050", Limits(output_bytes=189)),
        ("R-LIM-052", Limits(tensors=1)),
    ],
)
def test_limits_of_skeletons(lab: Any, rule: str, limits: Limits) -> None:
    """A skeleton beyond a limit of the caller is refused."""
    payload = lab.payload(types.SKELETON)
    check(lab, (rule, "limit-exceeded"), types.SKELETON, payload, limits=limits)


@pytest.mark.parametrize("case", GROUPS)
def test_groups(lab: Any, case: Case) -> None:
    """A group that breaks one rule is refused."""
    rule, kind, coding, head, columns = case
    valid = lab.payload(types.GROUP, lab.groups[coding])
    check(lab, (rule, kind), types.GROUP, lab.spoil(types.GROUP, valid, head, columns))


@pytest.mark.parametrize("column", [{"table_map": [0]}, {"tables": b"x"}])
def test_tables_of_a_group_without_tables(lab: Any, column: Any) -> None:
    """A group without tables has none of their columns."""
    valid = lab.payload(types.GROUP, lab.group(2, 1, FLOAT, exponent_count=1))
    payload = lab.spoil(types.GROUP, valid, {}, column)
    check(lab, ("R-GRP-055", "malformed"), types.GROUP, payload)


def test_constants_of_narrow_dtypes(lab: Any) -> None:
    """The unused bits of a sub-byte constant are zero."""
    valid = lab.payload(types.GROUP, lab.half)
    payload = lab.spoil(types.GROUP, valid, {}, {"constants": b"\x10"})
    check(lab, ("R-GRP-032", "forbidden-value"), types.GROUP, payload)


@pytest.mark.parametrize("column", ["class_axes", "low_zero_rows"])
def test_parameters_of_empty_tensors(lab: Any, column: str) -> None:
    """A tensor without elements has no maps."""
    record = lab.group(2, 1, FLOAT, exponent_count=1)
    valid = lab.payload(types.GROUP, record)
    payload = lab.spoil(types.GROUP, valid, {}, {column: [1]})
    check(lab, ("R-GRP-025", "malformed"), types.GROUP, payload)


def test_a_group_that_begins_elsewhere(lab: Any) -> None:
    """A group begins at the tensor and row at which the one before ended, where that is known."""
    unit = loose_unit(types.GROUP, lab.payload(types.GROUP, lab.groups[FLOAT]))
    level = LEVELS[1]
    assert group_chapter.parse(unit, lab.structure, level, begin=(0, 0)).first == 0
    error = lab.refused(lambda: group_chapter.parse(unit, lab.structure, level, begin=(0, 1)))
    assert (error.rule, error.kind, error.stage) == ("R-GRP-051", "malformed", "parameters")


def test_a_tensor_cut_in_two_ways(lab: Any) -> None:
    """Two groups that share a tensor cut it into the same rows."""
    first = replace(lab.groups[FLOAT], count=1, row_limit=3, split_rows=np.array([2]))
    second = lab.group(0, 1, FLOAT, first_row=3)
    unit = loose_unit(types.GROUP, b"")
    error = lab.refused(lambda: group_chapter.check_cut(first, second, lab.structure, unit))
    assert (error.rule, error.kind, error.stage) == ("R-GRP-040", "malformed", "parameters")
    same = replace(second, split_rows=np.array([2]))
    group_chapter.check_cut(first, same, lab.structure, unit)
    other = replace(same, coding=UNIFORM)
    error = lab.refused(lambda: group_chapter.check_cut(first, other, lab.structure, unit))
    assert (error.rule, error.kind, error.stage) == ("R-GRP-054", "malformed", "parameters")


@pytest.mark.parametrize(("rule", "kind", "head"), SEGMENTS)
def test_segments(lab: Any, rule: str, kind: str, head: Any) -> None:
    """A segment that breaks one rule is refused."""
    payload = lab.spoil(types.SEGMENT, lab.payload(types.SEGMENT), head)
    check(lab, (rule, kind), types.SEGMENT, payload)


@pytest.mark.parametrize(("rule", "kind", "place", "value"), MAPS)
def test_map_segments(lab: Any, rule: str, kind: str, place: int, value: bytes) -> None:
    """A map segment that breaks one rule is refused."""
    payload = bytearray(lab.payload(types.SEGMENT, lab.map))
    assert payload[place : place + 1] != value
    payload[place : place + 1] = value
    check(lab, (rule, kind), types.SEGMENT, bytes(payload))


@pytest.mark.parametrize(("rule", "kind", "head", "columns"), MODEL_ENDS)
def test_model_ends(lab: Any, rule: str, kind: str, head: Any, columns: Any) -> None:
    """A model end that breaks one rule is refused."""
    payload = lab.spoil(types.MODEL_END, lab.payload(types.MODEL_END), head, columns)
    check(lab, (rule, kind), types.MODEL_END, payload)


@pytest.mark.parametrize("unit_type", [1, 2, 3, 4, 6, 7, 9])
def test_short_payloads(lab: Any, unit_type: int) -> None:
    """A payload that ends inside its fixed part is malformed."""
    fixed, _ = lab.fixed[unit_type]
    for size in (0, fixed.width() - 1):
        payload = lab.payload(unit_type)[:size]
        check(lab, ("R-CON-003", "malformed"), unit_type, payload)


def test_long_stream_header(lab: Any) -> None:
    """A payload that is only a fixed part holds nothing more."""
    payload = lab.payload(types.HEADER) + b"\0"
    check(lab, ("R-CON-003", "malformed"), types.HEADER, payload)


def test_every_rule_of_the_room_is_tested() -> None:
    """Each id that the code of the room raises stands in one of its tests."""
    folder = Path(__file__).parent
    room = folder.parents[1] / "reference" / "dombit" / "bitstream"
    pattern = re.compile(r"R-[A-Z]{3}-\d{3}")
    raised = {rule for path in room.glob("*.py") for rule in pattern.findall(path.read_text())}
    tested = {rule for path in folder.glob("*.py") for rule in pattern.findall(path.read_text())}
    assert len(raised) > 100
    assert raised - tested == set()
