"""Segments: planned groups become segment payloads, whatever is encoded together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dombit import segments
from dombit.bitstream import segment as segment_chapter
from dombit.choose.codings import choose_coding, tensor_patterns
from dombit.choose.parameters import plan_group, plan_segments
from dombit.entropy import lanes, tables
from dombit.entropy import tokens as token_chapter
from dombit.models.arrays import tensors_from_state_dict
from dombit.recipe import GroupDraft, GroupPlan
from dombit.records import DENSE, MAP, Segment, Structure
from dombit.splitting import Source, split_part
from dombit.symbols import table_indices

RANDOM = np.random.default_rng(12)
SCALE = np.exp2(RANDOM.integers(-6, 7, (90, 1)))
ARRAYS = {
    "float": (RANDOM.normal(0, 1, (90, 70)) * SCALE).astype(np.float32),
    "int": np.rint(RANDOM.normal(0, 3, (90, 70)) * SCALE).astype(np.int32),
}


def planned(name: str) -> tuple[GroupPlan, Source]:
    """Return the plan of a group of one tensor, and where its elements come from."""
    tensors = tensors_from_state_dict({name: ARRAYS[name]})
    structure = Structure(
        tensors=tensors, coded_order=np.array([0]), output_bytes=tensors[0].byte_size
    )
    choice = choose_coding(tensors[0], 0, None, 64)
    draft = GroupDraft(coding=choice.coding, choices=(choice,))
    source = Source(
        patterns=lambda number: tensor_patterns(tensors[number]),
        levels=lambda *_: np.zeros(0, np.int32),
    )
    return plan_group(draft, structure, 0, source, level=1), source


def cut(plan: GroupPlan, name: str, total: int, **settings: Any) -> None:
    """Cut a sequence of a plan into three segments."""
    parts: list[Any] = []
    for first, stop in ((0, total // 3), (total // 3, total // 2), (total // 2, total)):
        (part,) = plan_segments(stop - first, 1, **settings)
        object.__setattr__(part, "first", first)
        parts.append(part)
    object.__setattr__(plan, name, tuple(parts))


def equal(one: Segment, other: Segment) -> bool:
    """Compare two segments as payloads."""
    built = (segment_chapter.build(each) for each in (one, other))
    return len({b"".join(memoryview(part).tobytes() for part in [each]) for each in built}) == 1


@pytest.mark.parametrize("name", ARRAYS)
def test_lanes_of_dense_segments_give_the_tokens_back(name: str) -> None:
    """The states, words and tables of each segment decode to the tokens of its stretch."""
    plan, source = planned(name)
    cut(plan, "segments", plan.context.layout.total, end_payload=True)
    slots = tables.slot_tables(plan.frequencies)
    found = list(segments.dense_segments(plan, source))
    assert [segment.first for segment in found] == [part.first for part in plan.segments]
    for segment in found:
        assert segment.kind == DENSE and segment.states.size == 1 << segment.lanes_log2
        chosen = table_indices(plan.context, segment.first, segment.count)
        given = lanes.LaneInput(states=segment.states, words=segment.words, tables=chosen)
        (output,) = lanes.decode_lanes([given], slots)
        (part,) = plan.context.parts(segment.first, segment.count)
        expected = split_part(plan.context, part, source).tokens
        assert np.array_equal(output.tokens, expected)
        assert (output.end_states >> 16 == 1).all()


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("batch", [1, 3000])
def test_batches_of_the_encoder_do_not_matter(
    monkeypatch: pytest.MonkeyPatch, name: str, batch: int
) -> None:
    """Segments encoded alone are those that are encoded together."""
    plan, source = planned(name)
    cut(plan, "segments", plan.context.layout.total, end_payload=True)
    together = list(segments.dense_segments(plan, source))
    monkeypatch.setattr(segments, "BATCH", batch)
    alone = list(segments.dense_segments(plan, source))
    assert len(alone) == len(together) == 3
    assert all(equal(*pair) for pair in zip(alone, together, strict=True))


def test_maps_carry_their_own_tables() -> None:
    """Map segments hold the map sequence in order, by the tables that stand in each."""
    plan, _ = planned("int")
    assert plan.maps.size >= 90
    cut(plan, "map_segments", plan.maps.size, end_payload=False)
    for segment in segments.map_segments(plan):
        assert segment.kind == MAP and segment.tail.nbytes == 0
        here = slice(segment.first, segment.first + segment.count)
        frequencies = tables.read_tables(segment.map_tables, segment.map_table_count, 64)
        of_kind = np.array(segment.map_table_of, np.uint16)[plan.map_kinds[here]]
        given = lanes.LaneInput(states=segment.states, words=segment.words, tables=of_kind)
        (output,) = lanes.decode_lanes([given], tables.slot_tables(frequencies))
        assert np.array_equal(output.tokens, plan.maps[here])
        assert (output.end_states == 1 << 16).all()


def test_integers_of_the_sample_need_extra_bits() -> None:
    """The integers above are large enough that side bits hold more than signs."""
    plan, source = planned("int")
    (part,) = plan.context.parts(0, plan.context.layout.total)
    symbols = split_part(plan.context, part, source)
    assert token_chapter.extra_widths(symbols.tokens, plan.group.hybrid).max() > 0
    assert symbols.side_widths.max() > 1
