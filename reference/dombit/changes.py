"""Changes: the symbols of sparse segments: the inverse of `sparse` (chapter 13, informative)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.entropy import tokens
from dombit.layout import Part, walk_classes
from dombit.splitting import Source, magnitudes_of
from dombit.symbols import GroupContext, predicted_contexts, predictions


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The symbols of a sparse segment: all gaps, then all values."""

    counts: NDArray[np.int64]
    """[walk classes] changed elements."""
    tokens: NDArray[np.uint8]
    sides: NDArray[np.uint32]
    """Side bits of the symbols that have some."""
    side_widths: NDArray[np.uint8]

    def histogram(self) -> NDArray[np.int64]:
        """Return how often each token occurs in each table, [2 * walk classes, 256]."""
        gaps = np.repeat(np.arange(self.counts.size) * 2, self.counts)
        both = np.concatenate([gaps, gaps + 1])
        pairs = both << 8 | self.tokens
        return np.bincount(pairs, minlength=2 * self.counts.size * 256).reshape(-1, 256)


def changes_of(context: GroupContext, first: int, count: int, source: Source) -> Changes:
    """Return the symbols of the elements `first` .. `first + count` of a sparse group."""
    group = context.group
    classes = np.empty(count, np.uint8)
    values = np.empty(count, np.uint32)
    negative = np.empty(count, np.bool_)
    for part in context.parts(first, count):
        here = slice(part.at, part.at + part.count)
        contexts, values[here], negative[here] = _look_at(context, part, source)
        classes[here] = group.table_map.take(contexts)
    gaps, places, counts = [], [], []
    for walk_class in range(walk_classes(group)):
        members = np.flatnonzero(classes == walk_class)
        steps = np.flatnonzero(values[members])
        gaps.append(np.diff(steps, prepend=-1) - 1)
        places.append(members[steps])
        counts.append(steps.size)
    changed = np.concatenate(places)
    return _symbols(
        context,
        np.array(counts, np.int64),
        np.concatenate(gaps).astype(np.uint32),
        values[changed] - np.uint32(1),
        negative[changed],
    )


def _symbols(
    context: GroupContext,
    counts: NDArray[np.int64],
    gaps: NDArray[np.uint32],
    values: NDArray[np.uint32],
    negative: NDArray[np.bool_],
) -> Changes:
    token, extra, widths = tokens.split(np.concatenate([gaps, values]), context.group.hybrid)
    extra[gaps.size :] = extra[gaps.size :] << np.uint32(1) | negative
    widths = widths.astype(np.uint8)
    widths[gaps.size :] += 1
    present = np.flatnonzero(widths)
    return Changes(counts=counts, tokens=token, sides=extra[present], side_widths=widths[present])


def _look_at(
    context: GroupContext, part: Part, source: Source
) -> tuple[NDArray[np.uint8], NDArray[np.uint32], NDArray[Any]]:
    """Return contexts, magnitudes and signs of a part."""
    contexts = predicted_contexts(context, part, predictions(context, part))
    span = context.layout.spans[part.span]
    values, negative = magnitudes_of(context.group, span, part, source)
    signs = np.zeros(values.size, np.bool_) if negative is None else negative
    return contexts, values, signs
