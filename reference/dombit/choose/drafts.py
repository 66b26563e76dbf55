"""Drafts: what a group's header says before its tokens are known (informative)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dombit.choose.classes import ClassChoice
from dombit.choose.differences import bias_of
from dombit.dtypes import elements
from dombit.entropy import tokens as token_chapter
from dombit.kernels import NUMPY, Kernels
from dombit.layout import Layout, Part, lay_out, step_places
from dombit.limits import LEVELS
from dombit.predictor import Predictor
from dombit.quantization import exact
from dombit.quantization.choose import exponent_histogram, pick_exponent_window
from dombit.recipe import GroupDraft
from dombit.records import FLOAT, UNIFORM, Group, Hybrid, Structure
from dombit.splitting import Source, magnitudes_of
from dombit.symbols import GroupContext, float_layout

CHUNK = 1 << 20
"""Elements that are looked at together."""
HYBRIDS = (
    Hybrid(),
    Hybrid(split=4, msb=1, lsb=1),
    Hybrid(split=4, msb=1, lsb=0),
    Hybrid(split=4, msb=0, lsb=0),
)
"""Tried in this order: the first whose tokens the level allows is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A group on the way to its plan: windows and zero bits are decided."""

    group: Group
    layout: Layout
    low_zero: tuple[NDArray[np.uint8], ...]
    kernels: Kernels = NUMPY
    predictor: Predictor | None = None

    def context(self, choices: Sequence[ClassChoice]) -> GroupContext:
        """Return the context with these classes."""
        return GroupContext(
            group=self.group,
            layout=self.layout,
            classes=tuple(choice.classes for choice in choices),
            low_zero=self.low_zero,
            steps_at=step_places(self.group, self.layout),
            kernels=self.kernels,
            predictor=self.predictor,
        )


def begin(draft: GroupDraft, structure: Structure, first: int, source: Source, level: int) -> Draft:
    """Decide the axis groups, and what float and integer codings need before their tokens."""
    group = empty_group(draft, structure, first)
    if draft.predicted and source.predictor is not None:
        group = _with_root(group, draft, source.predictor)
    layout = lay_out(group, structure)
    low_zero = tuple(np.zeros(span.shape[0], np.uint8) for span in layout.spans)
    if draft.coding == FLOAT:
        group, low_zero = _windows(group, layout, source, LEVELS[level].tokens)
    elif not group.context_scale:
        group = replace(group, hybrid=_hybrid(group, layout, source, LEVELS[level].tokens))
    return Draft(group=group, layout=layout, low_zero=low_zero, predictor=source.predictor)


def _with_root(group: Group, draft: GroupDraft, predictor: Predictor) -> Group:
    """Return a group whose contexts follow the exponents of the root, those of 64 bits do not."""
    group = replace(group, predicted=True, sparse=draft.sparse)
    by_classes = group.coding == UNIFORM and not draft.sparse
    if group.dtype.bits == 64 or by_classes:
        return group
    biases = []
    for choice in draft.choices:
        tensor = predictor.tensors[choice.number]
        found = predictor.patterns(choice.number, 0, elements(tensor.shape))
        biases.append(bias_of(found, tensor))
    return replace(
        group,
        context_scale=1,
        context_bias=np.array(biases, np.int64),
    )


def empty_group(draft: GroupDraft, structure: Structure, first: int) -> Group:
    """Return a group of these tensors of which nothing is decided but axis groups and steps."""
    count = len(draft.choices)
    nothing = np.zeros(count, np.int64)
    steps = [choice.step for choice in draft.choices if choice.step is not None]
    return Group(
        first=first,
        count=count,
        dtype=structure.tensors[draft.choices[0].number].dtype,
        coding=draft.coding,
        root_classes=1,
        split_rows=np.array([choice.split_rows for choice in draft.choices], np.int64),
        split_columns=np.array([choice.split_columns for choice in draft.choices], np.int64),
        class_axes=nothing,
        context_bias=nothing,
        step_axis=nothing,
        step_mantissa=np.array([mantissa for mantissa, _ in steps], np.int64),
        step_exponent=np.array([exponent for _, exponent in steps], np.int64),
        first_exponent=nothing,
        low_zero_rows=nothing,
        low_zero=nothing,
        table_map=np.zeros(64, np.uint8),
    )


def _windows(
    group: Group, layout: Layout, source: Source, tokens: int
) -> tuple[Group, tuple[NDArray[np.uint8], ...]]:
    """Choose the exponent window of each tensor, and find the zero bits of its rows."""
    kind = float_layout(group)
    most = min((tokens - 2) // 4, 1 << kind.exponent_bits)
    windows: list[tuple[int, int]] = []
    low_zero: list[NDArray[np.uint8]] = []
    for span in layout.spans:
        patterns = source.patterns(span.number)[span.offset : span.offset + span.count]
        windows.append(pick_exponent_window(exponent_histogram(patterns, kind), most))
        rows = patterns.reshape(span.shape[0], -1)
        low_zero.append(
            exact.low_zeros(rows, kind) if span.count else np.zeros(span.shape[0], np.uint8)
        )
    count = max(width for _, width in windows)
    highest = (1 << kind.exponent_bits) - count
    mixed = [bool(zeros.size) and bool((zeros != zeros[0]).any()) for zeros in low_zero]
    group = replace(
        group,
        exponent_count=count,
        first_exponent=np.array([min(first, highest) for first, _ in windows], np.int64),
        low_zero_rows=np.array(mixed, np.int64),
        low_zero=np.array(
            [
                0 if many or not zeros.size else int(zeros[0])
                for many, zeros in zip(mixed, low_zero, strict=True)
            ],
            np.int64,
        ),
    )
    return group, tuple(low_zero)


def _hybrid(group: Group, layout: Layout, source: Source, tokens: int) -> Hybrid:
    """Return the finest hybrid integers whose tokens the level allows."""
    largest = 0
    for place, span in enumerate(layout.spans):
        for at in range(0, span.count, CHUNK):
            part = Part(span=place, first=at, count=min(CHUNK, span.count - at), at=0)
            magnitude, _ = magnitudes_of(group, span, part, source)
            largest = max(largest, int(magnitude.max(initial=0)))
    for hybrid in HYBRIDS:
        token, _, _ = token_chapter.split(np.array([largest], np.uint32), hybrid)
        if int(token[0]) < tokens:
            return hybrid
    return HYBRIDS[-1]
