"""The suite's faults by rule: the package names the sentence that a stream breaks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conformance.make.example import worked
from conformance.make.floats import f32
from conformance.make.group import rows
from conformance.make.skeleton import safetensors as one_file
from conformance.make.stored import aligned
from conformance.make.stream import build_stream
from conformance.make.vector import where
from conformance.make.writer import Unit
from conformance.run import load_manifest

import dombit
from dombit.api import decode_stream
from dombit.errors import DombitError, UsageError
from dombit.limits import Limits, default_limits

SUITE = Path(__file__).parents[2] / "conformance"
VECTORS = load_manifest(SUITE)[1]
VALID = [row for row in VECTORS if row["kind"] == "valid"]
REFUSED = [row for row in VECTORS if row["kind"] != "valid"]
ALSO = {"segment/dense_before_map": "R-SEG-033", "group/first_row_beyond": "R-GRP-051"}
"""Vectors that break two rules with one unit, and the one that the package names."""


def each(rows_: list[dict[str, Any]]) -> Any:
    """Run a test for every row."""
    return pytest.mark.parametrize("row", rows_, ids=lambda row: row["id"])


def read(row: dict[str, Any]) -> bytes:
    """Return the bytes of a vector."""
    return (SUITE / row["file"]).read_bytes()


def roots_of(row: dict[str, Any]) -> list[Path]:
    """Return the streams that a decoder of a vector is given as roots."""
    return [SUITE / "vectors" / f"{root}.dombit" for root in row["roots"]]


def verdict(data: bytes, **settings: Any) -> DombitError:
    """Return the error of a stream that must be refused."""
    with pytest.raises(DombitError) as caught:
        decode_stream(data, **settings).check_files()
    return caught.value


@each(REFUSED)
def test_a_fault_is_refused_by_its_rule(row: dict[str, Any]) -> None:
    """The error of a broken vector cites the rule that the vector is made to break."""
    limits = replace(default_limits(row["size"]), **row["limits"])
    rules = {*row["requirements"], ALSO.get(row["id"])}
    assert verdict(read(row), limits=limits, roots=roots_of(row)).rule in rules


@each(VALID)
def test_random_access_gives_what_decoding_gives(row: dict[str, Any]) -> None:
    """Every tensor of a valid vector with an index comes alone as it comes with all others."""
    data, roots = read(row), roots_of(row)
    whole = dombit.decode(data, roots=roots)
    try:
        stream = dombit.open(data, roots=roots)
    except UsageError as error:
        assert "no index" in error.message
        return
    with stream:
        assert stream.keys() == list(whole)
        for name, array in whole.items():
            assert stream.get_tensor(name).tobytes() == array.tobytes()
            assert stream.get_slice(name)[...].tobytes() == array.tobytes()


def test_a_row_split_tensor_is_sliced() -> None:
    """Rows of a tensor that three groups share are read like those of an array."""
    data = build_stream(rows.model()).data
    whole = dombit.decode(data)["w"]
    with dombit.open(data) as stream:
        part = stream.get_slice("w")
        for first in range(6):
            for stop in range(first, 7):
                assert np.array_equal(part[first:stop], whole[first:stop])


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ({"group1.first_row": 6}, "R-GRP-051"),
        ({"group1.first_row": 99}, "R-GRP-051"),
        ({"group1.split_rows": (0,)}, "R-GRP-037"),
    ],
)
def test_first_row_lies_in_its_tensor(fault: dict[str, Any], rule: str) -> None:
    """A group begins where the one before ended, and at a row that its tensor has."""
    error = verdict(build_stream(rows.model(), fault).data)
    assert (error.rule, error.kind, error.stage) == (rule, "malformed", "parameters")


def test_a_map_behind_a_dense_segment() -> None:
    """A map segment that comes once more, behind the dense one, is out of place."""

    def arrange(units: list[Unit]) -> list[Unit]:
        at = where(units, "segment")
        return [*units[: at + 2], units[at], *units[at + 2 :]]

    error = verdict(build_stream(worked.model(), {"group.segment_count": 3}, arrange).data)
    assert (error.rule, error.kind, error.stage) == ("R-SEG-034", "malformed", "segment")


@pytest.mark.parametrize(
    ("limits", "rule"),
    [
        (Limits(output_bytes=50), "R-LIM-050"),
        (Limits(tensors=0), "R-LIM-001"),
        (Limits(output_bytes=3), "R-LIM-002"),
        (Limits(rank=0), "R-LIM-003"),
        (Limits(units=4), "R-LIM-007"),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_limits_of_the_caller(limits: Limits, rule: str) -> None:
    """A stream with a skeleton is refused by each limit that it exceeds."""
    data = build_stream(one_file.model()).data
    error = verdict(data, limits=limits)
    assert (error.rule, error.kind) == (rule, "limit-exceeded")
    decode_stream(data).check_files()


def test_the_first_segment_that_is_wrong_is_named() -> None:
    """A fault that shows only when lanes run comes before one that the next unit shows at once."""
    model = f32.model()
    model.groups[0].cuts = [3, len(model.tensors[0].bits) - 3]
    flipped = {"segment.states": lambda states: bytes([states[0] ^ 1]) + states[1:]}
    both = {**flipped, "segment1.first": 4}
    alone = verdict(build_stream(model, flipped).data)
    first = verdict(build_stream(model, both).data)
    second = verdict(build_stream(model, {"segment1.first": 4}).data)
    assert first.rule == alone.rule != second.rule == "R-SEG-033"


def test_an_error_says_where() -> None:
    """The unit and its offset in the stream are part of the error."""
    built = build_stream(worked.model(), {"group.first": 1})
    error = verdict(built.data)
    assert error.at is not None and error.unit is not None
    start, stop = built.marks["group"]
    assert start <= error.at < stop


# -------------------------------------------------------------------------------- random access


def listed_as_unknown(*places: int) -> Any:
    """Return a fault: the index gives some units a type of nobody."""
    return lambda types: [0xF001 if n in places else kind for n, kind in enumerate(types)]


def changed(place: int, by: int) -> Any:
    """Return a fault: one element of a column of the index is another number."""
    return lambda values: [value + by * (n == place) for n, value in enumerate(values)]


def indexed_worked() -> Any:
    """Return the worked example with an index: header, structure, group, map, dense, group, end."""
    return replace(worked.model(), index=True)


def indexed_stored() -> Any:
    """Return a stored model with an index: header, structure, group, stored units."""
    return replace(aligned.model(), index=True)


@pytest.mark.parametrize(
    ("model", "fault", "rule"),
    [
        (indexed_worked, {"index.count": changed(2, 1)}, "R-DEC-055"),
        (indexed_worked, {"index.first": changed(5, -1)}, "R-DEC-055"),
        (indexed_worked, {"index.first": changed(4, 1)}, "R-DEC-055"),
        (indexed_worked, {"index.unit_type": listed_as_unknown(5)}, "R-DEC-056"),
        (rows.model, {"index.unit_type": listed_as_unknown(5, 6)}, "R-DEC-056"),
        (rows.model, {"index.unit_type": listed_as_unknown(4)}, "R-SEG-040"),
        (rows.model, {"index.unit_type": listed_as_unknown(2)}, "R-DEC-056"),
        (indexed_worked, {"index.unit_type": listed_as_unknown(4)}, "R-SEG-040"),
        (indexed_worked, {"index.unit_type": listed_as_unknown(3)}, "R-SEG-033"),
        (indexed_worked, {"segment.kind": 0}, "R-SEG-033"),
        (indexed_stored, {"index.unit_type": listed_as_unknown(5)}, "R-SEG-042"),
    ],
)
def test_what_the_index_hides_is_missed(model: Any, fault: dict[str, Any], rule: str) -> None:
    """A tensor is refused, not filled with zeros, where the index leaves out a part of it."""
    data = build_stream(model(), fault).data
    with pytest.raises(DombitError) as caught, dombit.open(data) as stream:
        list(stream.get_tensors())
    assert caught.value.rule == rule
