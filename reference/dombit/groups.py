"""Groups: parameters, class maps and segments as elements of tensors (chapters 6, 7 and 14)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from dombit.batch import Batch
from dombit.bitstream import segment as segment_chapter
from dombit.bitstream.source import of_unit
from dombit.entropy import lanes, tables
from dombit.errors import DombitError, fail
from dombit.kernels import NUMPY, Kernels
from dombit.layout import Layout, lay_out, map_kinds, map_lengths, step_places, walk_classes
from dombit.limits import Level
from dombit.predictor import Predictor
from dombit.quantization import exact
from dombit.rebuild import Outputs, Pending
from dombit.records import (
    DENSE,
    FLOAT,
    INT,
    MAP,
    SPARSE,
    UNIFORM,
    Group,
    Segment,
    Structure,
    Unit,
)
from dombit.sparse import rebuild_any, symbol_tables
from dombit.symbols import (
    Classes,
    GroupContext,
    float_layout,
)
from dombit.tails import tell_tail
from dombit.trace import Trace, no_trace


@dataclass(kw_only=True)
class OpenGroup:
    """A group whose segments are arriving: what is known so far."""

    group: Group
    layout: Layout
    level: Level
    frequencies: NDArray[np.uint16]
    """[tables, 256] of the dense segments."""
    map_values: NDArray[np.uint8]
    """[symbols of the map sequence] as far as map segments have come."""
    map_done: int = 0
    dense_done: int = 0
    context: GroupContext | None = None
    """Set once the maps are complete."""
    kernels: Kernels = NUMPY
    predictor: Predictor | None = None


Put = Callable[[Pending, lanes.LaneOutput, Outputs], None]
"""Takes a decoded segment, and puts its elements where they belong."""
MOST_THREADS = 2
"""Threads that rebuild segments, however many are allowed: what keeps memory bounded."""
# ------------------------------------------------------------------------------------ parameters


def open_group(
    group: Group,
    structure: Structure,
    level: Level,
    kernels: Kernels = NUMPY,
    predictor: Predictor | None = None,
) -> OpenGroup:
    """Read the tables of a group and lay out its tensors."""
    layout = lay_out(group, structure)
    for first_exponent in group.first_exponent if group.coding == FLOAT else ():
        exact.check_window(int(first_exponent), group.exponent_count, float_layout(group))
    frequencies = tables.read_tables(group.tables, group.table_count, level.tokens)
    lengths = sum(length for _, _, length in map_lengths(group, layout))
    opened = OpenGroup(
        group=group,
        layout=layout,
        level=level,
        frequencies=frequencies,
        map_values=np.zeros(lengths, np.uint8),
        kernels=kernels,
        predictor=predictor,
    )
    if lengths == 0:
        opened.context = _context(opened)
    return opened


def _context(opened: OpenGroup) -> GroupContext:
    """Cut the map sequence into class vectors and zero-bit vectors."""
    group, layout = opened.group, opened.layout
    classes: list[list[NDArray[np.uint8] | None]] = [[None] * 3 for _ in layout.spans]
    low_zero = [
        np.full(span.shape[0], int(group.low_zero[place]), np.uint8)
        for place, span in enumerate(layout.spans)
    ]
    at = 0
    for place, kind, length in map_lengths(group, layout):
        vector = opened.map_values[at : at + length]
        if kind == 3:
            low_zero[place] = vector
        else:
            classes[place][kind] = vector
        at += length
    made: tuple[Classes, ...] = tuple((a, b, c) for a, b, c in classes)
    return GroupContext(
        group=group,
        layout=layout,
        classes=made,
        low_zero=tuple(low_zero),
        steps_at=step_places(group, layout),
        kernels=opened.kernels,
        predictor=opened.predictor,
    )


# -------------------------------------------------------------------------------------- segments


def take_map(opened: OpenGroup, segment: Segment, where: str) -> None:
    """Decode a map segment at once: later segments need its classes."""
    if opened.dense_done:
        fail("malformed", "R-SEG-034", "map segment behind a dense one", stage="segment")
    stop = _advance(opened.map_done, segment, opened.map_values.size)
    kinds = map_kinds(opened.group, opened.layout)[segment.first : stop]
    frequencies = tables.read_tables(
        segment.map_tables, segment.map_table_count, opened.level.tokens, stage="segment"
    )
    table_of = np.array(segment.map_table_of, np.uint16)
    lane_input = _lane_input(segment, table_of[kinds], where)
    slots = tables.slot_tables(frequencies)
    output = opened.kernels.decode_lanes([lane_input], slots)[0]
    lanes.check_end_states(output.end_states, 1 << 16)
    if (output.tokens[kinds < 3] > 63).any():
        fail("forbidden-value", "R-SEG-036", "a class above 63", stage="segment")
    if (zeros := output.tokens[kinds == 3]).size:
        exact.check_zero_bits(zeros, float_layout(opened.group))
    opened.map_values[segment.first : stop] = output.tokens
    opened.map_done = stop
    if stop == opened.map_values.size:
        opened.context = _context(opened)


def take_dense(opened: OpenGroup, segment: Segment, where: str, at: int | None = None) -> Pending:
    """Check the place of a dense segment and make it ready for a batch."""
    if opened.context is None:
        fail("malformed", "R-SEG-033", "dense segment before the maps end", stage="segment")
    opened.dense_done = _advance(opened.dense_done, segment, opened.layout.total)
    return Pending(
        context=opened.context,
        frequencies=opened.frequencies,
        segment=segment,
        where=where,
        at=at,
    )


def _advance(done: int, segment: Segment, total: int) -> int:
    """Return the end of a segment that must begin at `done`."""
    stop = segment.first + segment.count
    if segment.first != done or stop > total:
        fail(
            "malformed",
            "R-SEG-033",
            f"symbols {segment.first} to {stop} where {done} of {total} are next",
            stage="segment",
        )
    return stop


def close_group(opened: OpenGroup, stop: int | None = None) -> None:
    """Check that the segments of a group cover its sequences, the dense one up to `stop` or all."""
    dense = opened.layout.total if opened.group.coding in (FLOAT, INT, UNIFORM) else 0
    dense = dense if stop is None else stop
    if opened.map_done != opened.map_values.size or opened.dense_done < dense:
        fail(
            "malformed",
            "R-SEG-040",
            f"{opened.dense_done} of {dense} symbols are there",
            stage="segment",
        )


def take_segment(opened: OpenGroup, unit: Unit, batch: Batch, trace: Trace) -> None:
    """Take the next segment unit of a group."""
    segment = segment_chapter.parse(unit, opened.level, trace, walk_classes(opened.group))
    where = f"units[{unit.number}]"
    if segment.kind == MAP:
        take_map(opened, segment, where)
    elif segment.kind in (DENSE, SPARSE):
        item = take_dense(opened, segment, where, unit.start)
        if trace is not no_trace:
            tell = partial(tell_tail, of_unit(unit, trace), item.context, segment)
            item = replace(item, tell=tell)
        batch.add(item)


def _lane_input(segment: Segment, table: NDArray[np.uint16], where: str) -> lanes.LaneInput:
    return lanes.LaneInput(states=segment.states, words=segment.words, tables=table, where=where)


def flush(batch: Batch, outputs: Outputs, put: Put = rebuild_any) -> None:
    """Decode all segments of a batch and put their elements into the tensors.

    A fault is reported for the first segment that has one, in file order.
    """
    pending, batch.pending = batch.pending, []
    try:
        _decode_in_threads(pending, batch.kernels, outputs, put)
    except DombitError:
        for item in pending:
            _decode_alone(item, batch.kernels, outputs, put)
        raise


def _decode_alone(item: Pending, kernels: Kernels, outputs: Outputs, put: Put) -> None:
    """Decode one segment; a fault names its unit, not the one that has just arrived."""
    try:
        _decode_together([item], kernels, outputs, put)
    except DombitError as error:
        if item.tell is not None:
            item.tell(None)
        raise error.located(at=item.at, unit=item.where) from None


def _decode_in_threads(items: list[Pending], kernels: Kernels, outputs: Outputs, put: Put) -> None:
    """Share segments out to a few threads: each holds the temporaries of one segment.

    None where elements of less than a byte may share one, for raw fields, whose temporaries are
    the largest, and for NumPy, whose short calls wait for each other more than they gain.
    """
    alone = any(
        item.context.group.dtype.bits < 8 or item.context.group.coding == FLOAT for item in items
    )
    jobs = 1 if alone or not kernels.parallel else min(kernels.jobs, MOST_THREADS, len(items))
    if jobs <= 1:
        _decode_together(items, kernels, outputs, put)
        return
    with ThreadPoolExecutor(jobs) as pool:
        shares = [items[len(items) * k // jobs : len(items) * (k + 1) // jobs] for k in range(jobs)]
        for done in [pool.submit(_decode_together, each, kernels, outputs, put) for each in shares]:
            done.result()


def _decode_together(
    items: Sequence[Pending], kernels: Kernels, outputs: Outputs, put: Put
) -> None:
    """Decode segments side by side, with the tables of all their groups in one pool."""
    pool: dict[int, int] = {}
    stack: list[NDArray[np.uint16]] = []
    inputs = []
    for item in items:
        if id(item.frequencies) not in pool:
            pool[id(item.frequencies)] = sum(len(block) for block in stack)
            stack.append(item.frequencies)
        segment = item.segment
        table = symbol_tables(item)
        table += np.uint16(pool[id(item.frequencies)])
        inputs.append(_lane_input(segment, table, item.where))
    if inputs:
        slots = tables.slot_tables(np.concatenate(stack))
        decoded = kernels.decode_lanes(inputs, slots)
        for item, output in zip(items, decoded, strict=True):
            put(item, output, outputs)
            if item.tell is not None:
                item.tell(output.tokens)
