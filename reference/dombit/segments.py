"""Segments: planned groups as the payloads of segment units (chapter 7, the encoder's half)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dombit.changes import changes_of
from dombit.entropy import choose as entropy_choose
from dombit.entropy import lanes, rawrows, tables
from dombit.recipe import GroupPlan, SegmentPlan
from dombit.records import DENSE, FLOAT, MAP, SPARSE, Segment
from dombit.sides import write_sides
from dombit.sparse import sparse_tables
from dombit.splitting import Source, split_part
from dombit.symbols import Symbols, raw_rows, table_indices

BATCH = 1 << 21
"""Symbols that are encoded together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A segment whose lanes are still to be encoded."""

    plan: SegmentPlan
    symbols: lanes.LaneSymbols
    tail: bytes
    changes: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


def map_segments(plan: GroupPlan) -> Iterator[Segment]:
    """Yield the map segments of a group, each with tables of its own."""
    for part in plan.map_segments:
        here = slice(part.first, part.first + part.count)
        values, kinds = plan.maps[here], plan.map_kinds[here]
        pairs = kinds.astype(np.int64) << 8 | values
        counts = np.bincount(pairs, minlength=4 * 256).reshape(4, 256)
        used = np.nonzero(counts.any(axis=1))[0]
        frequencies = entropy_choose.frequencies_of(counts[used])
        table_of = np.zeros(4, np.uint16)
        table_of[used] = np.arange(used.size)
        code = plan.context.kernels.encode_lanes(
            [lanes.LaneSymbols(tokens=values, tables=table_of[kinds], lanes=1 << part.lanes_log2)],
            frequencies,
        )[0]
        yield Segment(
            kind=MAP,
            lanes_log2=part.lanes_log2,
            first=part.first,
            count=part.count,
            map_tables=tables.write_tables(frequencies),
            map_table_count=len(frequencies),
            map_table_of=tuple(int(table) for table in table_of),
            states=code.states,
            words=code.words,
            tail=memoryview(b""),
        )


def dense_segments(plan: GroupPlan, source: Source) -> Iterator[Segment]:
    """Yield the dense segments of a group; several are encoded at once."""
    waiting: list[SegmentPlan] = []
    for part in plan.segments:
        waiting.append(part)
        if sum(each.count for each in waiting) >= BATCH:
            yield from _encode(plan, waiting, source)
            waiting = []
    if waiting:
        yield from _encode(plan, waiting, source)


def _encode(plan: GroupPlan, batch: Sequence[SegmentPlan], source: Source) -> Iterator[Segment]:
    prepare = _prepare_sparse if plan.group.sparse else _prepare
    ready = [prepare(plan, part, source) for part in batch]
    codes = plan.context.kernels.encode_lanes([each.symbols for each in ready], plan.frequencies)
    for each, code in zip(ready, codes, strict=True):
        yield Segment(
            kind=SPARSE if plan.group.sparse else DENSE,
            end_payload=each.plan.end_payload,
            lanes_log2=each.plan.lanes_log2,
            first=each.plan.first,
            count=each.plan.count,
            changes=each.changes,
            states=code.states,
            words=code.words,
            tail=memoryview(each.tail),
        )


def _prepare_sparse(plan: GroupPlan, part: SegmentPlan, source: Source) -> _Ready:
    """Return the symbols of a sparse segment, its side bits written."""
    found = changes_of(plan.context, part.first, part.count, source)
    carried = 1 << part.lanes_log2 if part.end_payload else 0
    words, sides = write_sides(found.sides, found.side_widths, carried, plan.context.kernels)
    return _Ready(
        plan=part,
        symbols=lanes.LaneSymbols(
            tokens=found.tokens,
            tables=sparse_tables(found.counts),
            lanes=1 << part.lanes_log2,
            end_words=words if part.end_payload else None,
        ),
        tail=sides.tobytes(),
        changes=found.counts,
    )


def _prepare(plan: GroupPlan, part: SegmentPlan, source: Source) -> _Ready:
    """Return the symbols of a segment, its raw fields and side bits written."""
    context = plan.context
    pieces = list(context.parts(part.first, part.count))
    symbols = _join([split_part(context, piece, source) for piece in pieces])
    raw = np.zeros(0, np.uint8)
    if plan.group.coding == FLOAT:
        counts, widths = raw_rows(context, pieces, symbols.tokens != 0)
        raw = rawrows.write_rows(symbols.raw, counts, widths)
    carried = 1 << part.lanes_log2 if part.end_payload else 0
    words, sides = write_sides(symbols.sides, symbols.side_widths, carried, context.kernels)
    return _Ready(
        plan=part,
        symbols=lanes.LaneSymbols(
            tokens=symbols.tokens,
            tables=table_indices(context, part.first, part.count),
            lanes=1 << part.lanes_log2,
            end_words=words if part.end_payload else None,
        ),
        tail=raw.tobytes() + sides.tobytes(),
    )


def _join(parts: Sequence[Symbols]) -> Symbols:
    """Return the symbols of several parts as one sequence."""
    if len(parts) == 1:
        return parts[0]
    return Symbols(
        tokens=np.concatenate([part.tokens for part in parts]),
        sides=np.concatenate([part.sides for part in parts]),
        side_widths=np.concatenate([part.side_widths for part in parts]),
        raw=np.concatenate([part.raw for part in parts]),
    )
