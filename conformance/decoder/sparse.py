"""Sparse segments: only the elements that are not their prediction (13.6)."""

from __future__ import annotations

from conformance.decoder.container import Reader
from conformance.decoder.elements import base_of, changed, context
from conformance.decoder.group import Group
from conformance.decoder.lanes import decode_lanes, slots
from conformance.decoder.reject import Judge
from conformance.decoder.segment import (
    Cover,
    Head,
    SegmentTrace,
    check_dense_place,
    check_ends,
    read_lanes,
    side_stream,
)
from conformance.decoder.tables import extra_width, read_hybrid

JUDGE = Judge("segment")
Difference = tuple[int, int]
"""Magnitude and sign."""


def read_sparse(reader: Reader, group: Group, cover: Cover, head: Head) -> SegmentTrace:
    """Read a sparse segment: numbers of changes, all gaps, all values; section 13.6."""
    classes = len(group.tables) // 2
    JUDGE.fits(reader.at + 4 * classes <= len(reader.data), "R-SEG-045: numbers of changes")
    changes = [reader.u(4) for _ in range(classes)]
    total = sum(changes)
    JUDGE.allow(-(-2 * total // head.lanes) <= 65536, "R-SEG-046: more than 65536 rounds")
    good = head.count < 1 << 32 and total <= head.count
    JUDGE.fits(good, "R-SEG-048: more changes than elements")
    states, words = read_lanes(reader, head.lanes, head.words)
    check_dense_place(head, cover)
    tables = [slots(table) for table in group.tables]
    walks = [w for w in range(classes) for _ in range(changes[w])]
    picks = [2 * w for w in walks] + [2 * w + 1 for w in walks]
    tokens = decode_lanes(states, words, 2 * total, lambda k: tables[picks[k]])
    check_ends(head, states)
    bits = total + sum(extra_width(token, group.hybrid, JUDGE) for token in tokens)
    side = side_stream(head, states, reader.data[reader.at :], bits)
    gaps = [read_hybrid(token, group.hybrid, side, JUDGE) for token in tokens[:total]]
    values = []
    for token in tokens[total:]:
        negative = side.take(1)
        values.append((read_hybrid(token, group.hybrid, side, JUDGE) + 1, negative))
    place(group, cover, head, walked(group, cover, head, walks, gaps), values)
    return SegmentTrace("sparse", head.count, head.lanes, head.words, states)


def walked(group: Group, cover: Cover, head: Head, walks: list[int], gaps: list[int]) -> list[int]:
    """Return which element of the segment each change is, counted from its first."""
    here = cover.elements[head.first : head.first + head.count]
    walk: list[list[int]] = [[] for _ in range(len(group.tables) // 2)]
    for number, element in enumerate(here):
        walk[group.table_map[context(group, element)]].append(number)
    at = [-1] * len(walk)
    out = []
    for w, gap in zip(walks, gaps, strict=True):
        at[w] += gap + 1
        JUDGE.fits(at[w] < len(walk[w]), "R-SEG-047: a gap beyond the elements of its class")
        out.append(walk[w][at[w]])
    return out


def place(
    group: Group, cover: Cover, head: Head, numbers: list[int], values: list[Difference]
) -> None:
    """Give all elements of the segment to their tensors: predictions, and the changed ones."""
    changes = dict(zip(numbers, values, strict=True))
    here = cover.elements[head.first : head.first + head.count]
    for number, element in enumerate(here):
        pattern = base_of(element)
        if number in changes:
            pattern = changed(group, element, *changes[number])
        element[0].tensor.parts.append(pattern)
    cover.dense_done += head.count
