"""Segments: symbols of a group, their order, side bits and raw fields (chapter 7)."""

from __future__ import annotations

from conformance.decoder.container import Reader
from conformance.decoder.elements import Element, context, give, has_sign
from conformance.decoder.group import FLOAT, STORED, Group
from conformance.decoder.lanes import decode_lanes, slots
from conformance.decoder.reject import Judge
from conformance.decoder.segment import (
    Cover,
    Head,
    SegmentTrace,
    check_dense_place,
    check_ends,
    check_place,
    read_lanes,
    side_stream,
)
from conformance.decoder.sparse import read_sparse
from conformance.decoder.stored import split_stored
from conformance.decoder.structure import DTYPES
from conformance.decoder.tables import BitReader, extra_width, read_tables

JUDGE = Judge("segment")


def read_segment(payload: bytes, group: Group, cover: Cover, level: int) -> SegmentTrace:
    """Read a segment and give its values to the tensors; section 7.4 orders the checks."""
    reader = Reader(payload, JUDGE)
    JUDGE.fits(len(payload) >= 24, "R-CON-003: the fixed part")
    kind, flags, log = reader.u(1), reader.u(1), reader.u(1)
    JUDGE.support(kind <= 2, f"R-SEG-001: segment kind {kind}")
    JUDGE.support(flags & ~1 == 0, "R-SEG-002: trellis or another reserved flag")
    JUDGE.allow(log <= 16, "R-SEG-003: lanes")
    JUDGE.support(reader.u(1) == 0, "R-SEG-004: reserved")
    words, first, count = reader.u(4), reader.u(8), reader.counted()
    JUDGE.fits((kind == 2) == (group.sparse and kind != 1), "R-SEG-044: kind of a segment")
    JUDGE.allow(not (kind == 1 and flags), "R-SEG-010: a map segment with end_payload")
    JUDGE.allow(level == 2 or log <= 10, "R-SEG-011: lanes of the level")
    head = Head(1 << log, words, first, count, bool(flags))
    if kind == 2:
        return read_sparse(reader, group, cover, head)
    JUDGE.allow(-(-head.count // head.lanes) <= 65536, "R-SEG-035: more than 65536 rounds")
    if kind == 1:
        return read_map(reader, cover, head, 64 if level == 1 else 256)
    return read_dense(reader, group, cover, head)


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


def read_dense(reader: Reader, group: Group, cover: Cover, head: Head) -> SegmentTrace:
    """Read a dense segment: tokens, then raw fields, then side bits."""
    states, list_of_words = read_lanes(reader, head.lanes, head.words)
    check_dense_place(head, cover)
    here = cover.elements[head.first : head.first + head.count]
    tables = [slots(table) for table in group.tables]
    picks = [group.table_map[context(group, element)] for element in here]
    tokens = decode_lanes(states, list_of_words, head.count, lambda k: tables[picks[k]])
    ends = list(states)
    check_ends(head, ends)
    raws = read_raw(reader, group, here, tokens)
    side = side_stream(head, ends, reader.data[reader.at :], side_widths(group, tokens))
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
    extra = sum(extra_width(token, group.hybrid, JUDGE) for token in tokens)
    return extra + has_sign(group) * sum(token > 0 for token in tokens)


def finish(group: Group, cover: Cover) -> None:
    """All segments are there: everything must be covered."""
    if group.coding == STORED:
        split_stored(group, bytes(cover.stored))
    JUDGE.fits(cover.map_done == len(cover.maps), "R-SEG-040: map symbols are missing")
    JUDGE.fits(cover.dense_done == len(cover.elements), "R-SEG-040: symbols are missing")
