"""Sparse groups: walk classes, tables and segments where little changes (informative)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dombit.changes import changes_of
from dombit.choose.classes import ClassChoice
from dombit.choose.drafts import begin
from dombit.choose.hybrids import FINE, fold, pick_hybrid
from dombit.choose.parameters import map_sequence, plan_segments, root_contexts
from dombit.choose.walks import choose_walks
from dombit.entropy import choose as entropy_choose
from dombit.entropy import tables
from dombit.kernels import NUMPY, Kernels
from dombit.limits import LEVELS
from dombit.prediction.contexts import CONTEXTS
from dombit.recipe import GroupDraft, GroupPlan, SegmentPlan
from dombit.records import Group, Structure
from dombit.splitting import Source
from dombit.symbols import GroupContext

WALK = 1 << 22
"""Elements that a sparse segment covers, about."""


def plan_sparse(
    draft: GroupDraft,
    structure: Structure,
    first: int,
    source: Source,
    *,
    level: int,
    kernels: Kernels = NUMPY,
) -> GroupPlan:
    """Decide walk classes, tables and segments of a sparse group."""
    begun = replace(begin(draft, structure, first, source, level), kernels=kernels)
    begun, rooted, choices = root_contexts(begun, source, lambda counts: choose_walks(counts)[1])
    table_map, _ = choose_walks(rooted.histograms)
    group = replace(
        begun.group,
        hybrid=FINE,
        table_map=table_map,
        table_count=2 * (int(table_map.max()) + 1),
        class_axes=np.array([choice.axes for choice in choices], np.int64),
        context_bias=np.array([choice.bias for choice in choices], np.int64),
    )
    if not table_map.any():
        group, choices = _without_contexts(group)
    context = replace(begun, group=group).context(choices)
    histograms, segments = _segments(context, source, level)
    hybrid, _ = pick_hybrid(histograms, LEVELS[level].tokens)
    frequencies = entropy_choose.frequencies_of(fold(histograms, hybrid)[0])
    maps, kinds = map_sequence(context)
    map_segments = plan_segments(maps.size, level, end_payload=False)
    group = replace(
        group,
        hybrid=hybrid,
        tables=tables.write_tables(frequencies),
        segment_count=len(segments) + len(map_segments),
    )
    return GroupPlan(
        group=group,
        context=replace(context, group=group),
        frequencies=frequencies,
        maps=maps,
        map_kinds=kinds,
        map_segments=map_segments,
        segments=segments,
    )


def _without_contexts(group: Group) -> tuple[Group, list[ClassChoice]]:
    """Return a group of one walk class: contexts would say nothing, and cost bytes."""
    none = np.zeros(group.count, np.int64)
    group = replace(
        group,
        class_axes=none,
        context_bias=none,
        context_scale=0,
        root_classes=1,
        table_map=group.table_map[:CONTEXTS],
    )
    return group, [ClassChoice()] * group.count


def _segments(
    context: GroupContext, source: Source, level: int
) -> tuple[NDArray[np.int64], tuple[SegmentPlan, ...]]:
    """Return the fine tokens of each table [2 * walk classes, 256], and the segments."""
    histograms = np.zeros((context.group.table_count, 256), np.int64)
    plans = []
    for start, count in entropy_choose.segments_for(context.layout.total, WALK):
        found = changes_of(context, start, count, source)
        histograms += found.histogram()
        lanes_log2 = entropy_choose.lanes_for(max(1, found.tokens.size), level)
        plans.append(SegmentPlan(first=start, count=count, lanes_log2=lanes_log2, end_payload=True))
    histograms[~histograms.any(axis=1), 0] = 1
    return histograms, tuple(plans)
