"""Segment: symbols of a group: start states, words, and what follows them (chapter 7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dombit.bitstream.bundle import Bundle
from dombit.bitstream.fields import enum, flags, raw, reserved, u8, u16, u32, u64
from dombit.bitstream.registry import SEGMENT_KINDS
from dombit.bitstream.source import Source, of_unit, summary
from dombit.limits import MAX_ROUNDS, Level
from dombit.records import MAP, SPARSE, Segment, Unit
from dombit.trace import Trace, no_trace

END_PAYLOAD = 1
MAX_SPARSE = (1 << 32) - 1
"""Elements that a sparse segment covers, at most."""
MAP_CONTEXTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentPayload(Bundle):
    """Fixed part of a segment unit."""

    kind: int = enum(1, "What the symbols are.", SEGMENT_KINDS, rule="R-SEG-001")
    flags: int = flags(1, "Flags.", {0: "end states carry side bits"}, rule="R-SEG-002")
    lanes_log2: int = u8("Log2 of the number N of lanes.", high=16, rule="R-SEG-003")
    reserved_3: int = reserved(1, rule="R-SEG-004")
    word_count: int = u32("Words of 16 bits.")
    first: int = u64("Position of the first symbol among those of this kind in the group.")
    count: int = u64("Symbols.", low=1, rule="R-SEG-005")


@dataclass(frozen=True, slots=True, kw_only=True)
class MapHead(Bundle):
    """What follows the fixed part in a map segment."""

    table_count: int = u8("Tables.", low=1, high=MAP_CONTEXTS, rule="R-SEG-006")
    reserved_25: int = reserved(1, rule="R-SEG-007")
    table_size: int = u16("Bytes of the tables.")
    table_of: bytes = raw(MAP_CONTEXTS, "Table of each context, a byte each.")


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkPart:
    """How many elements of each walk class a sparse segment changes, and where that ends."""

    stop: int
    changes: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPart:
    """Inline tables of a map segment, and where they end."""

    stop: int
    tables: bytes = b""
    count: int = 0
    table_of: tuple[int, ...] = ()


def parse(
    unit: Unit, level: Level, trace: Trace = no_trace, walk_classes: int | None = None
) -> Segment:
    """Return the parts of a segment unit; states, words and tail are views into the payload.

    `walk_classes`: those of a sparse group; 0: the group is dense; None: that is not known.
    """
    source = of_unit(unit, trace)
    head = SegmentPayload.parse(source)
    _check_kind(source, head, walk_classes)
    _check_head(source, head, level)
    walk = WalkPart(stop=SegmentPayload.width(), changes=np.zeros(0, np.int64))
    if head.kind == SPARSE and walk_classes:
        walk = _walk_part(source, head, walk_classes)
    part = MapPart(stop=walk.stop)
    if head.kind == MAP:
        part = _map_part(source)

    states_start, words_start, tail_start = _places(source, head, part.stop)
    states = np.frombuffer(source.data, "<u4", 1 << head.lanes_log2, states_start)
    source.tell("states", states_start, words_start, summary(states), meaning="Start states.")
    words = np.frombuffer(source.data, "<u2", head.word_count, words_start)
    if head.word_count:
        source.tell("words", words_start, tail_start, summary(words), meaning="Words to draw.")
    tail = _tail(source, head, tail_start)
    return Segment(
        kind=head.kind,
        end_payload=bool(head.flags & END_PAYLOAD),
        lanes_log2=head.lanes_log2,
        first=head.first,
        count=head.count,
        map_tables=part.tables,
        map_table_count=part.count,
        map_table_of=part.table_of,
        changes=walk.changes,
        states=states,
        words=words,
        tail=tail,
        tail_start=tail_start,
    )


def build(segment: Segment) -> bytes:
    """Return the payload of a segment unit."""
    head = SegmentPayload(
        kind=segment.kind,
        flags=END_PAYLOAD if segment.end_payload else 0,
        lanes_log2=segment.lanes_log2,
        word_count=len(segment.words),
        first=segment.first,
        count=segment.count,
    )
    parts = [head.build()]
    if segment.kind == MAP:
        part = MapHead(
            table_count=segment.map_table_count,
            table_size=len(segment.map_tables),
            table_of=bytes(segment.map_table_of),
        )
        parts += [part.build(), segment.map_tables, bytes(-len(segment.map_tables) % 4)]
    if segment.kind == SPARSE:
        parts.append(segment.changes.astype("<u4").tobytes())
    parts += [segment.states.astype("<u4").tobytes(), segment.words.astype("<u2").tobytes()]
    return b"".join([*parts, bytes(segment.tail)])


def _check_kind(source: Source, head: SegmentPayload, walk_classes: int | None) -> None:
    if walk_classes is None or head.kind == MAP:
        return
    if (head.kind == SPARSE) != bool(walk_classes):
        message = f"a {SEGMENT_KINDS[head.kind]} segment in a group of another kind"
        source.refuse("malformed", "R-SEG-044", message, 0)


def _check_head(source: Source, head: SegmentPayload, level: Level) -> None:
    if head.kind == MAP and head.flags & END_PAYLOAD:
        source.refuse("forbidden-value", "R-SEG-010", "end payload in a map", 1)
    if head.lanes_log2 > level.lanes_log2:
        message = f"2^{head.lanes_log2} lanes, the level allows 2^{level.lanes_log2}"
        source.refuse("forbidden-value", "R-SEG-011", message, 2)
    if head.kind != SPARSE and head.count > MAX_ROUNDS << head.lanes_log2:
        source.refuse("forbidden-value", "R-SEG-035", "more than 65536 rounds", 16)


def _walk_part(source: Source, head: SegmentPayload, walk_classes: int) -> WalkPart:
    start = SegmentPayload.width()
    stop = start + 4 * walk_classes
    if stop > len(source.data):
        message = f"the changes end at {stop}, the payload at {len(source.data)}"
        source.refuse("malformed", "R-SEG-045", message, start)
    changes = np.frombuffer(source.data, "<u4", walk_classes, start).astype(np.int64)
    source.tell("changes", start, stop, summary(changes), meaning="Changes of each walk class.")
    total = int(changes.sum())
    if 2 * total > MAX_ROUNDS << head.lanes_log2:
        source.refuse("forbidden-value", "R-SEG-046", "more than 65536 rounds", start)
    if head.count > MAX_SPARSE or total > head.count:
        message = f"{total} changes of {head.count} elements"
        source.refuse("malformed", "R-SEG-048", message, start)
    return WalkPart(stop=stop, changes=changes)


def _places(source: Source, head: SegmentPayload, start: int) -> tuple[int, int, int]:
    """Return where states, words and tail begin."""
    words = start + (4 << head.lanes_log2)
    tail = words + 2 * head.word_count
    if tail > len(source.data):
        message = f"states and words end at {tail}, the payload at {len(source.data)}"
        source.refuse("malformed", "R-SEG-008", message, 4)
    return start, words, tail


def _tail(source: Source, head: SegmentPayload, start: int) -> memoryview:
    tail, stop = source.data[start:], len(source.data)
    if tail and head.kind == MAP:
        source.tell("tail", start, stop, len(tail), meaning="Nothing may follow the words.")
        source.refuse("malformed", "R-SEG-009", "bytes follow the words of a map", start)
    return tail


def _map_part(source: Source) -> MapPart:
    head = MapHead.parse(source, SegmentPayload.width())
    start = SegmentPayload.width() + MapHead.width()
    if max(head.table_of) >= head.table_count:
        message = f"a context has table {max(head.table_of)} of {head.table_count}"
        source.refuse("forbidden-value", "R-SEG-013", message, start - MAP_CONTEXTS)
    stop = start + head.table_size
    padded = stop + -stop % 4
    if padded > len(source.data):
        message = f"tables end at {padded}, the payload at {len(source.data)}"
        source.refuse("malformed", "R-SEG-014", message, SegmentPayload.width() + 2)

    tables = bytes(source.data[start:stop])
    if tables:
        source.tell("tables", start, stop, len(tables), meaning="Tables of the maps.")
    source.check_zero(stop, padded, "table_pad")
    return MapPart(
        stop=padded, tables=tables, count=head.table_count, table_of=tuple(head.table_of)
    )
