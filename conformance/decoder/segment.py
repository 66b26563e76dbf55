"""What all kinds of segments share: head, place, lanes, side stream (chapters 7 and 11)."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.decoder.container import Reader
from conformance.decoder.elements import Element, elements
from conformance.decoder.group import FLOAT, INT, UNIFORM, Group, Part
from conformance.decoder.reject import Judge
from conformance.decoder.tables import BitReader

JUDGE = Judge("segment")


@dataclass(slots=True)
class Cover:
    """How much of a group's two sequences its segments have covered."""

    maps: list[tuple[Part, int]]
    """Part and axis group (3 = zero bits) of every map symbol."""
    elements: list[Element]
    map_done: int = 0
    dense_done: int = 0
    segments: int = 0
    stored: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True, slots=True)
class Head:
    """The fixed part of a segment."""

    lanes: int
    words: int
    first: int
    count: int
    end_payload: bool


@dataclass(frozen=True, slots=True)
class SegmentTrace:
    """What the manifest compares of a segment."""

    kind: str
    symbols: int
    lanes: int
    words: int
    end_states: list[int]


def start(group: Group) -> Cover:
    """Lay out both sequences of a group."""
    if group.coding not in {FLOAT, INT, UNIFORM}:
        return Cover([], [])
    maps: list[tuple[Part, int]] = []
    for part in group.parts:
        sizes = (part.rows, part.b, part.c)
        for g in range(3):
            if part.axes >> g & 1:
                part.classes[g] = []
                maps += [(part, g)] * sizes[g]
        if part.low_zero_rows:
            maps += [(part, 3)] * part.rows
        else:
            part.zeros = [part.low_zero] * part.rows
    return Cover(maps, [one for part in group.parts for one in elements(part)])


def read_lanes(reader: Reader, lanes: int, words: int) -> tuple[list[int], list[int]]:
    """Start states and words."""
    good = reader.at + 4 * lanes + 2 * words <= len(reader.data)
    JUDGE.fits(good, "R-SEG-008: states and words")
    states = reader.take(4 * lanes)
    data = reader.take(2 * words)
    return (
        [int.from_bytes(states[at : at + 4], "little") for at in range(0, len(states), 4)],
        [int.from_bytes(data[at : at + 2], "little") for at in range(0, len(data), 2)],
    )


def check_place(head: Head, done: int, total: int) -> None:
    """Check that a segment goes on where the one before ended."""
    JUDGE.fits(head.first == done, "R-SEG-033: the segment begins elsewhere")
    JUDGE.fits(head.first + head.count <= total, "R-SEG-033: more symbols than there are")


def check_dense_place(head: Head, cover: Cover) -> None:
    """Check the place of a dense or sparse segment: behind the maps, and in order."""
    JUDGE.fits(cover.map_done == len(cover.maps), "R-SEG-033: symbols before the maps")
    check_place(head, cover.dense_done, len(cover.elements))


def check_ends(head: Head, states: list[int]) -> None:
    """Check the end states of a dense or sparse segment."""
    top = 131071 if head.end_payload else 65536
    JUDGE.same(all(65536 <= state <= top for state in states), "R-ENT-014: end state")


def side_stream(head: Head, ends: list[int], tail: bytes, bits: int) -> BitReader:
    """Return the side stream: as long as its bits, and zero behind the last of them."""
    carried = b"".join((s - 65536).to_bytes(2, "little") for s in ends) if head.end_payload else b""
    more = max(0, bits - 8 * len(carried))
    JUDGE.fits(len(tail) == (more + 7) // 8, "R-SEG-032: bytes of side bits")
    used = (bits + 7) // 8
    JUDGE.allow(not any(carried[used:]), "R-SEG-037: end states beyond the side bits")
    data = carried[:used] + tail
    JUDGE.allow(bits % 8 == 0 or data[-1] >> bits % 8 == 0, "R-ENT-018: pad bits")
    return BitReader(data, JUDGE)
