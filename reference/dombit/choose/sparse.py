"""Sparse groups: walk classes, tables and segments where little changes (informative)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dombit.changes import changes_of, contexts_of_changes
from dombit.choose.classes import ClassChoice
from dombit.choose.parameters import WALK, begin
from dombit.choose.walks import choose_walks
from dombit.entropy import choose as entropy_choose
from dombit.entropy import tables
from dombit.kernels import NUMPY, Kernels
from dombit.recipe import GroupDraft, GroupPlan, SegmentPlan
from dombit.records import Structure
from dombit.splitting import Source


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
    choices = [ClassChoice(bias=int(bias)) for bias in begun.group.context_bias]
    context = begun.context(choices)
    parts = entropy_choose.segments_for(begun.layout.total, WALK)
    table_map = choose_walks(contexts_of_changes(context, parts, source))
    group = replace(begun.group, table_map=table_map, table_count=2 * (int(table_map.max()) + 1))
    context = replace(context, group=group)
    histograms = np.zeros((group.table_count, 256), np.int64)
    plans = []
    for start, count in parts:
        found = changes_of(context, start, count, source)
        histograms += found.histogram()
        lanes_log2 = entropy_choose.lanes_for(max(1, found.tokens.size), level)
        plans.append(SegmentPlan(first=start, count=count, lanes_log2=lanes_log2, end_payload=True))
    histograms[~histograms.any(axis=1), 0] = 1
    frequencies = entropy_choose.frequencies_of(histograms)
    group = replace(group, tables=tables.write_tables(frequencies), segment_count=len(plans))
    return GroupPlan(
        group=group,
        context=replace(context, group=group),
        frequencies=frequencies,
        maps=np.zeros(0, np.uint8),
        map_kinds=np.zeros(0, np.uint8),
        map_segments=(),
        segments=tuple(plans),
    )
