"""Fits: class vectors that follow mean sizes of differences."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from predicted_pairs import parts

from dombit.choose.fits import fit, mean_of, origin_of, wide_axes

RANDOM = np.random.default_rng(34)


@pytest.mark.parametrize("dtype", [np.float32, ml_dtypes.bfloat16])
@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("axis", [0, 1])
def test_classes_follow_the_sizes(axis: int, scale: int, dtype: type) -> None:
    """Rows or columns with an update four times as large are two octaves of classes higher."""
    root = (RANDOM.choice([-1, 1], (200, 200)) * RANDOM.uniform(1, 4, (200, 200))).astype(dtype)
    update = RANDOM.normal(0, 2**-6, (200, 200))
    update[(slice(None),) * axis + (slice(0, 100),)] *= 4
    model = (root.astype(np.float64) + update).astype(dtype)
    found = parts(root, model)
    choice = fit(mean_of(found, scale), 1 << axis, scale, origin_of([found], scale))
    vector = choice.classes[axis]
    assert vector is not None and choice.classes[1 - axis] is None
    step = float(vector[0, :100].mean()) - float(vector[0, 100:].mean())
    assert abs(step - 2 * scale) < 0.5


def test_rows_that_do_not_change() -> None:
    """Rows without any change have the lowest class, and no class is above 63."""
    root = RANDOM.normal(0, 1, (60, 100)).astype(ml_dtypes.bfloat16)
    model = root.copy()
    model[:20] += RANDOM.normal(0, 1, (20, 100)).astype(ml_dtypes.bfloat16)
    found = parts(root, model)
    vector = fit(mean_of(found, 2), 1, 2, origin_of([found], 2)).classes[0]
    assert vector is not None
    assert (vector[0, 20:] == 0).all() and (vector[0, :20] > 0).all() and vector.max() <= 63


def test_only_wide_axes_have_classes() -> None:
    """An axis of one index has no classes, nor one whose indices stand for few elements."""
    assert wide_axes((64, 32, 9)) == 7
    assert wide_axes((1, 500, 1)) == 0
    assert wide_axes((500, 4, 1)) == 2
