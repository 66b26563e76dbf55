"""Sparse: segments that carry only what is not its prediction (chapter 13)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.entropy import lanes, tokens
from dombit.errors import fail
from dombit.layout import Part
from dombit.rebuild import Outputs, Pending, changed, check_lanes, place, rebuild, room_of
from dombit.records import INT, SPARSE, Segment
from dombit.sides import side_stream
from dombit.symbols import GroupContext, predicted_tables, predictions, table_indices


def sparse_tables(changes: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Return the table of each symbol: the gaps of all walk classes, then their values."""
    gaps = np.arange(changes.size, dtype=np.uint16) * np.uint16(2)
    both = np.concatenate([gaps, gaps + np.uint16(1)])
    return np.repeat(both, np.tile(changes, 2))


def symbol_tables(item: Pending) -> NDArray[np.uint16]:
    """Return the table of each symbol of a segment, sparse or dense."""
    segment = item.segment
    if segment.kind == SPARSE:
        return sparse_tables(segment.changes)
    return table_indices(item.context, segment.first, segment.count)


def rebuild_any(item: Pending, output: lanes.LaneOutput, outputs: Outputs) -> None:
    """Put the elements of one decoded segment, sparse or dense, into their tensors."""
    (rebuild_sparse if item.segment.kind == SPARSE else rebuild)(item, output, outputs)


def walk(context: GroupContext, segment: Segment) -> NDArray[np.uint8]:
    """Return the walk class of each element that a segment covers."""
    out = np.empty(segment.count, np.uint8)
    for part in context.parts(segment.first, segment.count):
        here = predicted_tables(context, part, predictions(context, part))
        out[part.at : part.at + part.count] = here
    return out


def rebuild_sparse(item: Pending, output: lanes.LaneOutput, outputs: Outputs) -> None:
    """Put the predictions of one segment into their tensors, and what differs from them."""
    for part, predicted, some, patterns in changed_elements(item, output):
        span = item.context.layout.spans[part.span]
        every = room_of(outputs, span, part)
        if every is not None:
            every[:] = predicted
            every[some] = patterns
            continue
        every = predicted.copy()
        every[some] = patterns
        place(outputs, span, part, every)


def changed_elements(
    item: Pending, output: lanes.LaneOutput
) -> Iterator[tuple[Part, NDArray[Any], NDArray[np.int64], NDArray[Any]]]:
    """Yield for each part its predictions, which elements of it are coded, and their patterns."""
    context, segment = item.context, item.segment
    words = check_lanes(item, output)
    gaps, values, negative = _read_symbols(context, segment, output.tokens, words)
    places = context.kernels.places(walk(context, segment), segment.changes, gaps)
    order = np.argsort(places, kind="stable")
    places, values, negative = places[order], values[order], negative[order]
    for part in context.parts(segment.first, segment.count):
        first, stop = np.searchsorted(places, [part.at, part.at + part.count])
        some = places[first:stop] - part.at
        predicted = predictions(context, part)
        difference = values[first:stop], negative[first:stop]
        yield part, predicted, some, changed(context, part, predicted[some], difference, some)


def _read_symbols(
    context: GroupContext,
    segment: Segment,
    token: NDArray[np.uint8],
    end_words: NDArray[np.uint16],
) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.bool_]]:
    """Return gaps, magnitudes and signs of all changes, walk class by walk class."""
    hybrid, count = context.group.hybrid, token.size // 2
    widths = tokens.extra_widths(token, hybrid)
    widths[count:] += 1  # the sign, which every value has
    tail = np.frombuffer(segment.tail, np.uint8)
    stream = side_stream(end_words, tail, int(widths.sum(dtype=np.int64)))
    sides = np.zeros(token.size, np.uint32)
    present = np.flatnonzero(widths)
    sides[present] = context.kernels.read_variable(stream, widths[present])
    gaps = tokens.join(token[:count], sides[:count], hybrid).astype(np.int64)
    values = tokens.join(token[count:], sides[count:] >> np.uint32(1), hybrid)
    if count and int(values.max()) == np.iinfo(np.uint32).max:
        rule = "R-QUA-005" if context.group.coding == INT else "R-QUA-006"
        message = "a difference of magnitude 2^32"
        fail("forbidden-value", rule, message, stage="reconstruction")
    return gaps, values + np.uint32(1), (sides[count:] & 1).astype(bool)
