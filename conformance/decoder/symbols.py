"""Segments: symbols of a group, their order, contexts, side bits and raw fields (chapter 7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.decoder.container import Reader
from conformance.decoder.group import FLOAT, INT, STORED, UNIFORM, Group, Part
from conformance.decoder.lanes import decode_lanes, slots
from conformance.decoder.rebuild import int_pattern, uniform_pattern
from conformance.decoder.reject import Judge
from conformance.decoder.structure import DTYPES
from conformance.decoder.tables import BitReader, extra_width, read_hybrid, read_tables

JUDGE = Judge("segment")
SIGNED = {3, 5, 7, 40, 42}
Element = tuple[Part, int, int, int]
"""An element of a group: part, and its place (a, b, c) in the part."""


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


def elements(part: Part) -> Iterator[Element]:
    """Return the elements of a part in raster order."""
    for a in range(part.rows):
        for b in range(part.b):
            for c in range(part.c):
                yield part, a, b, c


def read_segment(payload: bytes, group: Group, cover: Cover, level: int) -> SegmentTrace:
    """Read a segment and give its values to the tensors; section 7.4 orders the checks."""
    reader = Reader(payload, JUDGE)
    JUDGE.fits(len(payload) >= 24, "R-CON-003: the fixed part")
    kind, flags, log = reader.u(1), reader.u(1), reader.u(1)
    JUDGE.support(kind <= 1, f"R-SEG-001: segment kind {kind}")
    JUDGE.support(flags & ~1 == 0, "R-SEG-002: trellis or another reserved flag")
    JUDGE.allow(log <= 16, "R-SEG-003: lanes")
    JUDGE.support(reader.u(1) == 0, "R-SEG-004: reserved")
    words, first, count = reader.u(4), reader.u(8), reader.counted()
    JUDGE.allow(not (kind == 1 and flags), "R-SEG-010: a map segment with end_payload")
    JUDGE.allow(level == 2 or log <= 10, "R-SEG-011: lanes of the level")
    head = Head(1 << log, words, first, count, bool(flags))
    JUDGE.allow(-(-head.count // head.lanes) <= 65536, "R-SEG-035: more than 65536 rounds")
    if kind == 1:
        return read_map(reader, cover, head, 64 if level == 1 else 256)
    return read_dense(reader, group, cover, head)


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


def read_map(reader: Reader, cover: Cover, head: Head, max_tokens: int) -> SegmentTrace:
    """Read a map segment: tokens are classes or numbers of zero bits."""
    JUDGE.fits(len(reader.data) >= 32, "R-CON-003: the fixed part of a map")
    table_count = reader.u(1)
    JUDGE.allow(1 <= table_count <= 4, "R-SEG-006: number of map tables")
    JUDGE.support(reader.u(1) == 0, "R-SEG-007: reserved")
    size = reader.u(2)
    choice = list(reader.take(4))
    JUDGE.allow(all(pick < table_count for pick in choice), "R-SEG-013: map of contexts")
    pad = -size % 4
    JUDGE.fits(32 + size + pad <= len(reader.data), "R-SEG-014: tables")
    data = reader.take(size)
    JUDGE.allow(not any(reader.take(pad)), "R-CON-002: pad of the tables")
    states, list_of_words = read_lanes(reader, head.lanes, head.words)
    JUDGE.fits(reader.at == len(reader.data), "R-SEG-009: bytes behind the words")
    JUDGE.fits(cover.dense_done == 0, "R-SEG-034: a map behind a dense segment")
    check_place(head, cover.map_done, len(cover.maps))
    tables = [slots(t) for t in read_tables(data, table_count, max_tokens, JUDGE)]
    here = cover.maps[head.first : head.first + head.count]
    tokens = decode_lanes(states, list_of_words, head.count, lambda k: tables[choice[here[k][1]]])
    JUDGE.same(all(state == 65536 for state in states), "R-ENT-014: end state")
    for (_, g), token in zip(here, tokens, strict=True):
        JUDGE.allow(g == 3 or token <= 63, "R-SEG-036: a class")
    for (part, g), token in zip(here, tokens, strict=True):
        good = g != 3 or token <= DTYPES[part.tensor.dtype][4] - 2
        JUDGE.allow(good, "R-QUA-003: number of zero bits")
        (part.zeros if g == 3 else part.classes[g]).append(token)
    cover.map_done += head.count
    return SegmentTrace("map", head.count, head.lanes, head.words, states)


def context(element: Element) -> int:
    """Return the context of a dense symbol."""
    part, a, b, c = element
    total = part.bias + sum(part.classes[g][(a, b, c)[g]] for g in part.classes)
    return max(0, min(63, total))


def read_dense(reader: Reader, group: Group, cover: Cover, head: Head) -> SegmentTrace:
    """Read a dense segment: tokens, then raw fields, then side bits."""
    states, list_of_words = read_lanes(reader, head.lanes, head.words)
    JUDGE.fits(cover.map_done == len(cover.maps), "R-SEG-033: dense symbols before the maps")
    check_place(head, cover.dense_done, len(cover.elements))
    here = cover.elements[head.first : head.first + head.count]
    tables = [slots(table) for table in group.tables]
    picks = [group.table_map[context(element)] for element in here]
    tokens = decode_lanes(states, list_of_words, head.count, lambda k: tables[picks[k]])
    ends = list(states)
    top = 131071 if head.end_payload else 65536
    JUDGE.same(all(65536 <= state <= top for state in ends), "R-ENT-014: end state")
    raws = read_raw(reader, group, here, tokens)
    carried = b"".join((s - 65536).to_bytes(2, "little") for s in ends) if head.end_payload else b""
    side = side_stream(carried, reader.data[reader.at :], side_widths(group, tokens))
    for element, token, raw in zip(here, tokens, raws, strict=True):
        give(group, element, token, raw, side)
    cover.dense_done += head.count
    return SegmentTrace("dense", head.count, head.lanes, head.words, ends)


def read_raw(reader: Reader, group: Group, here: list[Element], tokens: list[int]) -> list[int]:
    """Return the raw field of every symbol; tokens and sizes are checked before any is read."""
    if group.coding != FLOAT:
        return [0] * len(here)
    good = all(token <= 4 * group.exponents + 1 for token in tokens)
    JUDGE.allow(good, "R-QUA-002: a token after the escape")
    mantissa = DTYPES[group.dtype][4]
    rows: list[list[int]] = []
    row = None
    for (part, a, _, _), token in zip(here, tokens, strict=True):
        if row != (id(part), a):
            rows.append([])
            row = (id(part), a)
        rows[-1].append(mantissa - 2 - part.zeros[a] if token else 0)
    size = sum((sum(widths) + 7) // 8 for widths in rows)
    JUDGE.fits(reader.at + size <= len(reader.data), "R-SEG-030: raw fields")
    bits = BitReader(reader.take(size), JUDGE, ("R-SEG-030", "R-SEG-031", "R-SEG-030"))
    raws = []
    for widths in rows:
        raws += [bits.take(width) for width in widths]
        bits.align()
    return raws


def side_widths(group: Group, tokens: list[int]) -> int:
    """Return the side bits of all symbols."""
    if group.coding == FLOAT:
        escape = 4 * group.exponents + 1
        bits = DTYPES[group.dtype][3] + 2
        return sum((token > 0) + bits * (token == escape) for token in tokens)
    signed = group.coding == UNIFORM or group.dtype in SIGNED
    extra = sum(extra_width(token, group.hybrid, JUDGE) for token in tokens)
    return extra + signed * sum(token > 0 for token in tokens)


def side_stream(carried: bytes, tail: bytes, bits: int) -> BitReader:
    """Return the side stream: as long as its bits, and zero behind the last of them."""
    more = max(0, bits - 8 * len(carried))
    JUDGE.fits(len(tail) == (more + 7) // 8, "R-SEG-032: bytes of side bits")
    used = (bits + 7) // 8
    JUDGE.allow(not any(carried[used:]), "R-SEG-037: end states beyond the side bits")
    data = carried[:used] + tail
    JUDGE.allow(bits % 8 == 0 or data[-1] >> bits % 8 == 0, "R-ENT-018: pad bits")
    return BitReader(data, JUDGE)


def give(group: Group, element: Element, token: int, raw: int, side: BitReader) -> None:
    """Read the side bits of a symbol and append its pattern to its tensor."""
    part, a, b, c = element
    tensor = part.tensor
    if group.coding == FLOAT:
        tensor.parts.append(float_pattern(group, part, token, raw << part.zeros[a], side))
        return
    signed = group.coding == UNIFORM or group.dtype in SIGNED
    negative = side.take(1) if signed and token != 0 else 0
    value = read_hybrid(token, group.hybrid, side, JUDGE)
    if group.coding == INT:
        tensor.parts.append(int_pattern(group.dtype, value, negative))
    else:
        place = ((part.first_row + a) * part.b + b) * part.c + c
        step = part.steps[step_index(part, place)]
        tensor.parts.append(uniform_pattern(group.dtype, -value if negative else value, *step))


def step_index(part: Part, place: int) -> int:
    """Which step an element has: its index along the step axis."""
    if part.step_axis == 0:
        return 0
    after = 1
    for dim in part.tensor.dims[part.step_axis :]:
        after *= dim
    return place // after % part.tensor.dims[part.step_axis - 1]


def float_pattern(group: Group, part: Part, token: int, low: int, side: BitReader) -> int:
    """Return the pattern of a float token; `low` is its raw field in place."""
    _, _, _, exponents, mantissa = DTYPES[group.dtype]
    if token == 0:
        return 0
    sign = side.take(1)
    if token == 4 * group.exponents + 1:
        e, q = side.take(exponents), side.take(2)
    else:
        e, q = part.first_exponent + (token - 1) // 4, (token - 1) % 4
    return sign << (exponents + mantissa) | e << mantissa | q << (mantissa - 2) | low


def read_stored(payload: bytes, group: Group, cover: Cover) -> None:
    """Return a stored unit: a piece of the group's byte sequence."""
    last = cover.segments == group.segment_count
    JUDGE.fits(len(payload) > 0, "R-SEG-038: an empty stored unit")
    JUDGE.allow(last or len(payload) % 64 == 0, "size of a stored unit")
    cover.stored += payload


def finish(group: Group, cover: Cover) -> None:
    """All segments are there: everything must be covered."""
    if group.coding == STORED:
        split_stored(group, bytes(cover.stored))
    JUDGE.fits(cover.map_done == len(cover.maps), "R-SEG-040: map symbols are missing")
    JUDGE.fits(cover.dense_done == len(cover.elements), "R-SEG-040: symbols are missing")


def split_stored(group: Group, data: bytes) -> None:
    """Give the stored bytes to the tensors."""
    at = 0
    for part in group.parts:
        tensor = part.tensor
        if tensor.size == 0:
            continue
        gap = -at % (1 << group.alignment)
        JUDGE.fits(at + gap + tensor.size <= len(data), "stored bytes are missing")
        JUDGE.allow(not any(data[at : at + gap]), "gap bytes are not zero")
        at += gap
        width = DTYPES[group.dtype][1]
        bits = BitReader(data[at : at + tensor.size], JUDGE)
        tensor.parts = [bits.take(width) for _ in range(tensor.count * tensor.bits // width)]
        bits.end()
        at += tensor.size
    JUDGE.fits(at == len(data), "stored bytes are left over")
