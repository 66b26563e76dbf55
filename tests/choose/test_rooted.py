"""Rooted: contexts of predicted groups by cost, never worse than exponents alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from predicted_pairs import predicted, uneven

import dombit
from dombit.choose import rooted
from dombit.choose.looks import Parts
from dombit.choose.parameters import plan_group
from dombit.choose.sparse import plan_sparse
from dombit.choose.stacks import StackChoice, without_classes

RANDOM = np.random.default_rng(39)


def exponents_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the encoder know no contexts but those of the exponents."""

    def none(looks: Sequence[Parts], *_: object) -> list[StackChoice]:
        return [without_classes([0] * look.whole.tokens.shape[0]) for look in looks]

    monkeypatch.setattr(rooted, "fitted", none)
    monkeypatch.setattr(rooted, "refined", none)


@pytest.mark.parametrize(
    ("dtype", "size", "share"),
    [(np.float32, -6.0, 0.95), (ml_dtypes.bfloat16, -4.0, 0.8), (ml_dtypes.bfloat16, -9.0, 0.95)],
)
def test_rows_of_unlike_updates(
    monkeypatch: pytest.MonkeyPatch, dtype: type, size: float, share: float
) -> None:
    """Rows whose updates differ by up to 2^8 cost less than with exponents alone; they come back.

    The last one changes so little that it is sparse: gaps say something of rows already.
    """
    root, model = uneven((400, 500), 40, dtype, size=size)
    data = dombit.to_bytes({"t": model}, root={"t": root})
    for engine in ("numpy", "numba"):
        again = dombit.to_bytes({"t": model}, root={"t": root}, engine=engine)
        found: Any = dombit.decode(data, roots=[{"t": root}], engine=engine)
        assert again == data and found["t"].tobytes() == model.tobytes()
    exponents_only(monkeypatch)
    assert len(data) < share * len(dombit.to_bytes({"t": model}, root={"t": root}))


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int16, ml_dtypes.float8_e4m3fn])
@pytest.mark.parametrize("shape", [(3,), (5000,), (70, 90), (16, 8, 3, 3)])
def test_never_worse(monkeypatch: pytest.MonkeyPatch, dtype: type, shape: tuple[int, ...]) -> None:
    """Differences without any structure take a few bytes more at most."""
    root = RANDOM.normal(0, 50, shape).astype(dtype)
    bits = root.view(f"u{root.dtype.itemsize}")
    model = (bits ^ (RANDOM.random(shape) < 0.4)).astype(bits.dtype).view(dtype)
    size = len(dombit.to_bytes({"t": model}, root={"t": root}))
    exponents_only(monkeypatch)
    assert size <= len(dombit.to_bytes({"t": model}, root={"t": root})) + 8


def test_plans_of_dense_groups() -> None:
    """A dense plan says what was chosen: scale, classes in the maps, hybrids within the level."""
    draft, structure, source = predicted(*uneven((400, 500), 41))
    plan = plan_group(draft, structure, 0, source, level=1)
    group = plan.group
    assert group.context_scale in (1, 2) and group.root_classes == 1
    assert group.class_axes[0] & 1 and plan.maps.size >= 400 and plan.map_segments
    assert group.table_map.size == 64 and not plan.frequencies[:, 64:].any()
    assert group.segment_count == len(plan.segments) + len(plan.map_segments)


def test_plans_of_sparse_groups() -> None:
    """Rows that change more than others are walked apart, two tables to a walk class."""
    root, model = uneven((400, 500), 42, ml_dtypes.bfloat16, size=-9)
    root[:, :40], model[:, :40] = 0, 0
    draft, structure, source = predicted(root, model, sparse=True)
    group = plan_sparse(draft, structure, 0, source, level=1).group
    assert group.class_axes[0] & 1 and group.root_classes == 2 and group.table_map.size == 128
    assert 4 <= group.table_count <= 32 and group.table_map.max() == group.table_count // 2 - 1
