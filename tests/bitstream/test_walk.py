"""Walk: behind every kind of damage the units that are whole are still found."""

from __future__ import annotations

import zlib
from itertools import pairwise
from pathlib import Path

import pytest

from dombit.bitstream import walk as walk_module
from dombit.bitstream.container import build_header
from dombit.bitstream.walk import Walk
from dombit.events import Event, FaultFound, UnitRead
from dombit.limits import Limits
from dombit.trace import FieldRead

STREAM = (
    Path(__file__).parents[2].joinpath("conformance/vectors/example/worked.dombit").read_bytes()
)


def walked(data: bytes, limits: Limits | None = None) -> tuple[list[str], list[str], list[Event]]:
    """Return names of the units that were given, rules of the faults, and all events."""
    events: list[Event] = []

    def read(offset: int, size: int) -> bytes:
        return data[offset : offset + size]

    walk = Walk(read, len(data), limits or Limits(), events.append)
    starts = {unit.start for unit in walk.units()}
    names = [e.name for e in events if isinstance(e, UnitRead) and e.start in starts]
    return names, [e.error.rule for e in events if isinstance(e, FaultFound)], events


def units() -> list[UnitRead]:
    """Return the units of the stream."""
    return [event for event in walked(STREAM)[2] if isinstance(event, UnitRead)]


NAMES = ["header", "structure", "group", "segment", "segment", "group", "model_end", "end"]


def test_a_sound_stream_has_its_units_and_no_fault() -> None:
    """The units tile the stream behind the signature."""
    assert walked(STREAM)[:2] == (NAMES, [])
    found = units()
    assert (found[0].start, found[-1].stop) == (12, len(STREAM))
    assert all(before.stop == after.start for before, after in pairwise(found))


@pytest.mark.parametrize("number", range(8))
def test_a_damaged_header_costs_its_unit_only(number: int) -> None:
    """All other units are given; the bytes of the lost one are told as a gap."""
    unit = units()[number]
    data = bytearray(STREAM)
    data[unit.start + 5] ^= 1
    names, rules, events = walked(bytes(data))
    assert names == NAMES[:number] + NAMES[number + 1 :]
    assert rules[0] == "R-CON-016"
    assert rules[1:] == ([] if number < 7 else ["R-CON-046"])
    gaps = [e for e in events if isinstance(e, FieldRead) and e.path == "gap.bytes"]
    assert [(gap.start, gap.stop) for gap in gaps] == [(unit.start, unit.stop)]


@pytest.mark.parametrize("number", range(8))
def test_a_damaged_payload_is_given_all_the_same(number: int) -> None:
    """Its unit comes behind the fault, and so do all others."""
    data = bytearray(STREAM)
    data[units()[number].payload_stop - 1] ^= 1
    assert walked(bytes(data))[:2] == (NAMES, ["R-CON-017"])


@pytest.mark.parametrize("lost", [1, 3, 8, 30])
@pytest.mark.parametrize("number", range(1, 6))
def test_bytes_lost_inside_a_payload_cost_no_unit_behind_it(number: int, lost: int) -> None:
    """The next header is found where it is now, aligned or not, and the damage told once."""
    at = units()[number].payload_start + 1
    lost = min(lost, units()[number].payload_stop - at)
    names, rules, _ = walked(STREAM[:at] + STREAM[at + lost :])
    assert names == NAMES
    assert rules == ["R-CON-017"]


@pytest.mark.parametrize("more", [1, 8, 13])
def test_bytes_too_many_cost_no_unit_behind_them(more: int) -> None:
    """Bytes put into a payload, and bytes put between two units."""
    at = units()[4].payload_start + 1
    names, rules, _ = walked(STREAM[:at] + b"x" * more + STREAM[at:])
    assert (names, rules) == (NAMES, ["R-CON-017", "R-CON-016"])
    names, rules, events = walked(
        STREAM[: units()[4].start] + b"x" * more + STREAM[units()[4].start :]
    )
    assert (names, rules) == (NAMES, ["R-CON-016"])
    assert [e.stop - e.start for e in events if getattr(e, "path", "") == "gap.bytes"] == [more]


def test_text_mode_damage_leaves_what_no_newline_was_in() -> None:
    """The signature tells of it; units without a carriage return are given."""
    names, rules, _ = walked(STREAM.replace(b"\r\n", b"\n"))
    assert (names, rules) == (NAMES, ["R-CON-047"])


def test_every_prefix_is_truncated_and_every_unit_in_it_is_given() -> None:
    """One fault, at the end of the bytes."""
    ends = [unit.stop for unit in units()]
    for size in range(len(STREAM)):
        names, rules, events = walked(STREAM[:size])
        assert rules == ["R-CON-046"], size
        assert names == NAMES[: sum(end <= size for end in ends)]
        assert [e.error.at for e in events if isinstance(e, FaultFound)] == [size]


def test_what_follows_the_end_is_told() -> None:
    """Trailing data is a fault and a field."""
    names, rules, events = walked(STREAM + b"more")
    assert (names, rules) == (NAMES, ["R-CON-045"])
    assert [e.raw for e in events if getattr(e, "path", "") == "trailing.bytes"] == [b"more"]


def test_other_bytes_are_one_gap() -> None:
    """A file that is no stream gives its whole size as a gap."""
    names, rules, events = walked(b"PK\x03\x04" + bytes(1000))
    assert (names, rules) == ([], ["R-CON-047", "R-CON-046"])
    assert [(e.start, e.stop) for e in events if isinstance(e, FieldRead)] == [(0, 1004)]


def test_a_unit_that_is_refused_by_its_header_is_skipped() -> None:
    """An unknown critical unit: unsupported, told, and the next one is read."""
    at = units()[2].start
    size = -(at + 12) % 8
    unit = (
        build_header(200, 0, size, 4)
        + bytes(size)
        + b"data"
        + zlib.crc32(b"data").to_bytes(4, "little")
    )
    names, rules, events = walked(STREAM[:at] + unit + STREAM[at:])
    assert (names, rules[0]) == (NAMES, "R-CON-023")
    assert [e.name for e in events if isinstance(e, UnitRead)][2] == "type_200"
    assert [e.stop - e.start for e in events if getattr(e, "path", "") == "units[2].skipped"] == [
        size + 8
    ]


def test_headers_that_lie_cost_a_bounded_number_of_searches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Many whole headers whose payloads end nowhere: the rest is left unread, and told so."""
    monkeypatch.setattr(walk_module, "MOST_FAULTS", 20)
    data = bytearray(STREAM[:12])
    while len(data) < 10_000:
        data += build_header(7, 0, 0, 19_000 - len(data)) + bytes(4)
    data += bytes(20_000 - len(data))
    read: list[int] = []

    def read_at(offset: int, size: int) -> bytes:
        read.append(len(data[offset : offset + size]))
        return bytes(data[offset : offset + size])

    events: list[Event] = []
    for _unit in Walk(read_at, len(data), Limits(), events.append).units():
        pass
    assert sum(isinstance(event, FaultFound) for event in events) <= 20
    assert sum(read) < 40 * len(data)


def test_no_more_units_than_the_limit_are_read() -> None:
    """Behind the limit the bytes are told to be unread."""
    names, _, events = walked(STREAM, Limits(units=3))
    assert names == NAMES[:3]
    assert [e.start for e in events if getattr(e, "path", "") == "unread.bytes"] == [
        units()[3].start
    ]
