"""Parameters: everything that a group's header says, from the elements of its tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.choose.classes import ClassChoice, Sizes, choose_classes, histogram
from dombit.choose.drafts import CHUNK, Draft, begin
from dombit.choose.looks import look_at
from dombit.choose.rooted import Price, Rooted, choose_contexts, price_of, tables_of
from dombit.choose.stacks import apart, stacks_of, without_classes
from dombit.entropy import choose as entropy_choose
from dombit.entropy import tables
from dombit.entropy import tokens as token_chapter
from dombit.kernels import NUMPY, Kernels
from dombit.layout import Part, Span, map_kinds, map_lengths
from dombit.limits import LEVELS
from dombit.recipe import GroupDraft, GroupPlan, SegmentPlan
from dombit.records import FLOAT, INT, Structure
from dombit.splitting import Source, magnitudes_of, split_part
from dombit.symbols import GroupContext

Choices = list[ClassChoice]
"""Of each tensor of a group."""


def plan_group(
    draft: GroupDraft,
    structure: Structure,
    first: int,
    source: Source,
    *,
    level: int,
    kernels: Kernels = NUMPY,
) -> GroupPlan:
    """Decide windows, classes, tables and segments of a group whose tensors have symbols."""
    begun = replace(begin(draft, structure, first, source, level), kernels=kernels)
    if begun.group.context_scale:
        return _plan_rooted(begun, source, level)
    bare = begun.context([ClassChoice()] * len(draft.choices))
    choices: list[ClassChoice] = []
    histograms = np.zeros((64, 256), np.int64)
    for place, span in enumerate(begun.layout.spans):
        choice = ClassChoice()
        if span.count:
            tokens, sizes = _look_at(bare, span, place, source)
            choice = choose_classes(sizes, tokens)
            histograms += histogram(choice, span.shape, tokens, 0, span.count)
        choices.append(choice)
    return finish(begun, choices, histograms, level)


def _plan_rooted(begun: Draft, source: Source, level: int) -> GroupPlan:
    """Decide the contexts, hybrid integers and tables of a dense group that follows its root."""
    bounds = LEVELS[level]
    begun, rooted, choices = root_contexts(
        begun, source, lambda counts: price_of(counts, bounds.tables)
    )
    hybrid, histograms = tables_of(rooted.histograms, bounds.tokens, bounds.tables)
    begun = replace(begun, group=replace(begun.group, hybrid=hybrid))
    return finish(begun, choices, histograms, level)


def root_contexts(begun: Draft, source: Source, price: Price) -> tuple[Draft, Rooted, Choices]:
    """Choose the contexts of a group that follows its root; its tables are yet to come."""
    biases = begun.group.context_bias
    bare = begun.context([ClassChoice(bias=int(bias)) for bias in biases])
    stacks = stacks_of(begun.layout.spans)
    looks = [look_at(bare, places, source) for places in stacks]
    follows = begun.group.coding == INT and begun.group.dtype.layout is not None
    plain = [without_classes(biases[places]) for places in stacks]
    rooted = choose_contexts(looks, plain, follows, price)
    choices = [ClassChoice()] * biases.size
    for places, choice in zip(stacks, rooted.choices, strict=True):
        for place, own in zip(places, apart(choice), strict=True):
            choices[place] = own
    group = replace(begun.group, context_scale=rooted.scale, root_classes=rooted.root_classes)
    return replace(begun, group=group), rooted, choices


def _look_at(
    bare: GroupContext, span: Span, place: int, source: Source
) -> tuple[NDArray[np.uint8], Sizes]:
    """Return the tokens of a whole span, and the sizes of its elements; a chunk at a time."""
    coded_floats = bare.group.coding == FLOAT
    tokens = np.empty(span.count, np.uint8)
    sizes: NDArray[Any] = tokens if coded_floats else np.empty(span.count, np.uint32)
    for at in range(0, span.count, CHUNK):
        here = slice(at, at + CHUNK)
        part = Part(span=place, first=at, count=min(CHUNK, span.count - at), at=0)
        if coded_floats:
            tokens[here] = split_part(bare, part, source).tokens
        else:
            sizes[here], _ = magnitudes_of(bare.group, span, part, source)
            tokens[here], _, _ = token_chapter.split(sizes[here], bare.group.hybrid)
    if coded_floats:
        sizes = (np.maximum(tokens, 1) - np.uint8(1)) >> np.uint8(2)
        sizes[sizes >= bare.group.exponent_count] = 0
    return tokens, Sizes(values=sizes.reshape(span.shape), exponents=coded_floats)


# --------------------------------------------------------------------- classes, tables, segments


def finish(
    begun: Draft, choices: Sequence[ClassChoice], histograms: NDArray[np.int64], level: int
) -> GroupPlan:
    """Cluster contexts into tables, and lay out the map sequence and the segments."""
    table_map, frequencies = entropy_choose.cluster(histograms, LEVELS[level].tables)
    group = replace(
        begun.group,
        class_axes=np.array([choice.axes for choice in choices], np.int64),
        context_bias=np.array([choice.bias for choice in choices], np.int64),
        table_map=table_map,
        table_count=len(frequencies),
        tables=tables.write_tables(frequencies),
    )
    context = replace(begun, group=group).context(choices)
    maps, kinds = map_sequence(context)
    segments = plan_segments(begun.layout.total, level, end_payload=True)
    map_segments = plan_segments(maps.size, level, end_payload=False)
    group = replace(group, segment_count=len(segments) + len(map_segments))
    return GroupPlan(
        group=group,
        context=replace(context, group=group),
        frequencies=frequencies,
        maps=maps,
        map_kinds=kinds,
        map_segments=map_segments,
        segments=segments,
    )


def map_sequence(context: GroupContext) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the map sequence of a group and the context of each of its symbols."""
    vectors: list[NDArray[Any]] = [np.zeros(0, np.uint8)]
    for place, kind, _ in map_lengths(context.group, context.layout):
        vector = context.low_zero[place] if kind == 3 else context.classes[place][kind]
        if vector is not None:
            vectors.append(vector)
    return np.concatenate(vectors), map_kinds(context.group, context.layout)


def plan_segments(total: int, level: int, *, end_payload: bool) -> tuple[SegmentPlan, ...]:
    """Cut a sequence into segments and choose their lanes."""
    plans = []
    for first, count in entropy_choose.segments_for(total):
        lanes_log2 = entropy_choose.lanes_for(count, level)
        plans.append(
            SegmentPlan(first=first, count=count, lanes_log2=lanes_log2, end_payload=end_payload)
        )
    return tuple(plans)
