"""Classes: vectors that make like elements share a context."""

from __future__ import annotations

import numpy as np
import pytest

from dombit.choose.classes import ClassChoice, Sizes, choose_classes, cost, fit, histogram
from dombit.entropy.contexts import dense_tables

RANDOM = np.random.default_rng(9)
SHAPE = (64, 48, 3)


def magnitudes(axis: int | None) -> np.ndarray:
    """Return magnitudes whose mean varies along one axis by factors of two."""
    scale = np.ones(SHAPE)
    if axis is not None:
        places = [1, 1, 1]
        places[axis] = SHAPE[axis]
        scale = scale * np.exp2(RANDOM.integers(0, 6, SHAPE[axis])).reshape(places)
    return np.abs(RANDOM.normal(0, 2, SHAPE) * scale).astype(np.uint32)


def tokens_of(values: np.ndarray) -> np.ndarray:
    """Return a token for each magnitude: its octave."""
    return np.ceil(np.log2(values + 1.0)).astype(np.uint8).reshape(-1)


@pytest.mark.parametrize(("axis", "bit"), [(0, 1), (1, 2), (2, 4)])
def test_the_axis_that_varies_gets_classes(axis: int, bit: int) -> None:
    """Sizes that vary along one axis group are worth a vector there; even sizes are worth none."""
    values = magnitudes(axis)
    assert choose_classes(Sizes(values=values, exponents=False), tokens_of(values)).axes & bit
    even = magnitudes(None)
    assert choose_classes(Sizes(values=even, exponents=False), tokens_of(even)).axes == 0


def test_classes_follow_the_sizes() -> None:
    """Rows that are four times as large are four classes higher, the lowest class is 0."""
    values = np.ones((3, 400, 1), np.uint32) * np.array([1, 4, 16], np.uint32)[:, None, None] * 100
    choice = fit(Sizes(values=values, exponents=False), 1)
    assert choice.classes[0] is not None and choice.classes[0].tolist() == [0, 4, 8]
    assert choice.classes[1] is None
    exponents = np.array([7, 9, 7], np.uint8)[:, None, None] + np.zeros((3, 5, 1), np.uint8)
    choice = fit(Sizes(values=exponents, exponents=True), 1)
    assert choice.classes[0] is not None and choice.classes[0].tolist() == [0, 4, 0]
    assert choice.bias == 14


def test_classes_and_bias_stay_in_range() -> None:
    """Sizes of 32 bits beside zeros give classes of at most 63 and a bias of at most 256."""
    values = np.zeros((4, 4, 1), np.uint32)
    values[2] = 2**32 - 1
    choice = fit(Sizes(values=values, exponents=False), 7)
    assert all(vector is None or vector.max() <= 63 for vector in choice.classes)
    assert -256 <= choice.bias <= 255


def test_one_element_has_no_classes() -> None:
    """Where no axis has two elements there is nothing to choose."""
    values = np.ones((1, 1, 1), np.uint32)
    assert choose_classes(Sizes(values=values, exponents=False), np.ones(1, np.uint8)).axes == 0


def test_histograms_count_tokens_by_context() -> None:
    """A histogram is what counting one by one gives, for any stretch."""
    choice = ClassChoice(axes=1, classes=(np.arange(6, dtype=np.uint8) * 9, None, None), bias=3)
    tokens = RANDOM.integers(0, 9, 6 * 20).astype(np.uint8)
    found = histogram(choice, (6, 20, 1), tokens, 13, 77)
    plain = np.arange(64, dtype=np.uint8)
    contexts = dense_tables((6, 20, 1), choice.classes, 3, plain, 0, 120)
    expected = np.zeros((64, 256), np.int64)
    for at in range(13, 90):
        expected[contexts[at], tokens[at]] += 1
    assert np.array_equal(found, expected)
    # a large tensor is priced by samples, to within a few percent
    many = np.repeat(RANDOM.integers(0, 9, 1 << 18).astype(np.uint8), 4)
    whole = cost(ClassChoice(), (1, many.size, 1), many[: 1 << 19])
    assert cost(ClassChoice(), (1, many.size, 1), many) == pytest.approx(2 * whole, rel=0.05)
