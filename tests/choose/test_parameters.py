"""Parameters: windows, zero bits, hybrids, tables and segments of planned groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dombit.choose.bare import constant_group, stored_group
from dombit.choose.groups import plan_model, source_digests
from dombit.choose.parameters import plan_group, plan_segments
from dombit.limits import LEVELS, MAX_ROUNDS
from dombit.models.arrays import tensors_from_state_dict
from dombit.recipe import GroupPlan
from dombit.records import CONSTANT, STORED, Hybrid, ModelFile
from dombit.splitting import Source

RANDOM = np.random.default_rng(19)


def planned(array: np.ndarray, level: int = 1) -> GroupPlan:
    """Return the plan of the one group of a model of one array."""
    model = ModelFile(carrier=0, tensors=tensors_from_state_dict({"t": array}), skeleton=None)
    plan = plan_model(model, level, source_digests(model), {})
    from dombit.choose.codings import tensor_patterns

    patterns = tensor_patterns(model.tensors[0])
    source = Source(patterns=lambda _: patterns, levels=lambda *_: patterns.astype(np.int32))
    return plan_group(plan.drafts[0], plan.structure, 0, source, level=level)


@pytest.mark.parametrize("level", [1, 2])
def test_tables_keep_the_level(level: int) -> None:
    """Wild values give no more tables, tokens and lanes than the level allows."""
    wild = np.exp(RANDOM.normal(0, 20, (300, 200))).astype(np.float32)
    plan = planned(wild, level)
    bounds = LEVELS[level]
    assert 1 <= len(plan.frequencies) <= bounds.tables
    assert not plan.frequencies[:, bounds.tokens :].any()
    assert (plan.frequencies.sum(axis=1) == 4096).all()
    assert 4 * plan.group.exponent_count + 2 <= bounds.tokens
    assert all(part.lanes_log2 <= bounds.lanes_log2 for part in plan.segments)
    assert plan.group.segment_count == len(plan.segments) + len(plan.map_segments)


def test_windows_hold_the_exponents() -> None:
    """The window begins at the smallest exponent field and is no wider than the fields."""
    plan = planned(RANDOM.choice([0.25, 0.5, -1.0, 3.0, 0.0], 3000).astype(np.float32))
    assert plan.group.first_exponent.tolist() == [125]
    assert plan.group.exponent_count == 4


def test_windows_end_with_the_exponents() -> None:
    """At the top of the exponents the window is shifted down, so that it fits."""
    array = RANDOM.choice([np.inf, 3e38, -2e38, 1e38], (60, 80)).astype(np.float32)
    group = planned(array).group
    assert int(group.first_exponent[0]) + group.exponent_count <= 256


def test_zero_bits_are_found() -> None:
    """Equal zero bits are one number; rows that differ get a map, in its place in the sequence."""
    normal = RANDOM.normal(0, 1, (20, 90)).astype(np.float32).view(np.uint32)
    even = (normal & np.uint32(0xFFFFF000)).view(np.float32)
    group = planned(even).group
    assert group.low_zero.tolist() == [12] and group.low_zero_rows.tolist() == [0]
    odd = normal & np.uint32(0xFFFFF000)
    odd[7:] &= np.uint32(0xFFFF0000)
    plan = planned(odd.view(np.float32))
    assert plan.group.low_zero_rows.tolist() == [1]
    zeros = plan.maps[plan.map_kinds == 3].tolist()
    assert zeros == [12] * 7 + [16] * 13 and plan.map_segments


@pytest.mark.parametrize(
    ("largest", "level", "hybrid"),
    [
        (1023, 1, Hybrid()), (1024, 1, Hybrid(split=4, msb=1, lsb=1)),
        (65_535, 1, Hybrid(split=4, msb=1, lsb=1)), (65_536, 1, Hybrid(split=4, msb=1, lsb=0)),
        (2**28 - 1, 1, Hybrid(split=4, msb=1, lsb=0)), (2**28, 1, Hybrid(split=4, msb=0, lsb=0)),
        (2**31 - 1, 1, Hybrid(split=4, msb=0, lsb=0)), (2**31 - 1, 2, Hybrid()),
    ],
)  # fmt: skip
def test_hybrids_fit_the_level(largest: int, level: int, hybrid: Hybrid) -> None:
    """The finest hybrid integers whose tokens the level allows are taken."""
    array = RANDOM.integers(0, 9, (40, 50)).astype(np.int32)
    array[3, 4] = largest
    assert planned(array, level).group.hybrid == hybrid


@pytest.mark.parametrize("level", [1, 2])
@pytest.mark.parametrize("total", [0, 1, 70_000, 5_000_000])
def test_segments_cover_a_sequence(total: int, level: int) -> None:
    """Planned segments follow each other, with no more rounds than allowed."""
    parts = plan_segments(total, level, end_payload=True)
    assert [part.first for part in parts] == list(
        np.cumsum([0, *[part.count for part in parts]])[:-1]
    )
    assert sum(part.count for part in parts) == total
    assert all(-(-part.count >> part.lanes_log2) <= MAX_ROUNDS for part in parts)


def draft_of(*arrays: np.ndarray) -> Any:
    """Return the only draft of a model, and its structure."""
    named = {f"t{n}": array for n, array in enumerate(arrays)}
    model = ModelFile(carrier=0, tensors=tensors_from_state_dict(named), skeleton=None)
    plan = plan_model(model, 1, source_digests(model), {})
    assert len(plan.drafts) == 1
    return plan.drafts[0], plan.structure, model


def test_stored_groups_are_aligned_where_that_is_cheap() -> None:
    """Two long tensors begin at multiples of 64, many short ones do not."""
    long = [RANDOM.integers(0, 256, 40_001, np.uint8) for _ in range(2)]
    short = [RANDOM.integers(0, 256, 100, np.uint8) for _ in range(9)]
    for arrays, alignment in ((long, 6), (short, 0)):
        draft, structure, _ = draft_of(*arrays)
        group = stored_group(draft, structure, 0)
        assert (group.coding, group.alignment, group.root_classes) == (STORED, alignment, 0)


def test_constants_are_one_element_each() -> None:
    """A constant group holds an element of each tensor, a narrow one in the low bits of a byte."""
    ml_dtypes = pytest.importorskip("ml_dtypes")
    for arrays, expected in (
        ([np.full(9, 2.5, "f4"), np.full((3, 3), -1, "f4")], np.array([2.5, -1], "<f4").tobytes()),
        ([np.full(9, -3, ml_dtypes.int4)], b"\x0d"),
    ):
        draft, structure, model = draft_of(*arrays)
        group = constant_group(draft, structure, 0, lambda n, m=model: m.tensors[n].data)  # type: ignore[misc]
        assert (group.coding, group.constants) == (CONSTANT, expected)
