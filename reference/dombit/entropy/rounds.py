"""Rounds: how the lanes of several segments lie side by side (chapter 11)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 18
"""Symbols that are laid out in rounds at a time."""
FLIGHT = 1 << 16
"""Lanes in flight; more bring no speed and cost memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Lanes of several segments side by side, those with most rounds first."""

    order: list[int]
    """Segments (places in the inputs) from left to right."""
    lanes: list[int]
    """Lanes of each of them."""
    edges: NDArray[np.int64]
    """[segments + 1] first lane of each, and the end."""
    rounds: list[int]
    """Rounds of each, descending: a segment that is done drops off on the right."""


def lay_out(lanes: Sequence[int], counts: Sequence[int]) -> Layout:
    """Return the layout of segments with these lanes and symbols."""
    rounds = [-(-count // n) for n, count in zip(lanes, counts, strict=True)]
    order = sorted(range(len(lanes)), key=lambda i: -rounds[i])
    return Layout(
        order=order,
        lanes=[lanes[i] for i in order],
        edges=np.concatenate([[0], np.cumsum([lanes[i] for i in order])]).astype(np.int64),
        rounds=[rounds[i] for i in order],
    )


def batches(lanes: Sequence[int]) -> Iterator[slice]:
    """Cut a row of segments into runs of at most FLIGHT lanes, or one segment."""
    first, total = 0, 0
    for i, n in enumerate(lanes):
        if total and total + n > FLIGHT:
            yield slice(first, i)
            first, total = i, 0
        total += n
    if len(lanes) > first:
        yield slice(first, len(lanes))


def blocks(layout: Layout) -> Iterator[tuple[int, int, int]]:
    """Yield (first round, end round, segments at work) such that the segments do not change."""
    first, active = 0, len(layout.rounds)
    while first < layout.rounds[0]:
        while layout.rounds[active - 1] <= first:
            active -= 1
        stop = first + max(1, BLOCK // int(layout.edges[active]))
        stop = min(stop, layout.rounds[active - 1])
        yield first, stop, active
        first = stop


def _spread(rounds: NDArray[Any], symbols: NDArray[Any], first: int) -> None:
    """Lay symbols out from round `first` on; idle places of the last round stay as they are."""
    lanes = rounds.shape[1]
    part = symbols[first * lanes : (first + rounds.shape[0]) * lanes]
    full = part.size // lanes
    rounds[:full] = part[: full * lanes].reshape(full, lanes)
    if part.size > full * lanes:
        rounds[full, : part.size - full * lanes] = part[full * lanes :]


def spread_all(
    layout: Layout, block: tuple[int, int, int], symbols: Sequence[NDArray[Any]], idle: int
) -> NDArray[np.uint32]:
    """Return [rounds, lanes] of one block for all segments at work."""
    first, stop, active = block
    rounds = np.full((stop - first, int(layout.edges[active])), idle, np.uint32)
    for place in range(active):
        left, right = layout.edges[place : place + 2]
        _spread(rounds[:, left:right], symbols[layout.order[place]], first)
    return rounds


def collect(
    layout: Layout,
    block: tuple[int, int, int],
    entries: NDArray[np.uint32],
    tokens: list[NDArray[np.uint8]],
) -> None:
    """Write the tokens of a block to their segments, without those of idle lanes."""
    first, stop, active = block
    for place in range(active):
        left, right = layout.edges[place : place + 2]
        lanes = right - left
        into = tokens[layout.order[place]][first * lanes : stop * lanes]
        full, rest = divmod(into.size, lanes)
        part = entries[:, left:right]  # an entry's low byte is its token
        into[: full * lanes].reshape(full, lanes)[:] = part[:full]
        if rest:
            into[full * lanes :] = part[full, :rest]


def lanes_of(layout: Layout, states: NDArray[np.uint32], segment: int) -> NDArray[np.uint32]:
    """Return the states of the lanes of one segment (its place in the inputs)."""
    place = layout.order.index(segment)
    return states[layout.edges[place] : layout.edges[place + 1]]
