"""Codings: what each tensor is coded as, and which tensors may be quantised."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from dombit.choose import codings
from dombit.choose.codings import (
    choose_coding,
    is_wanted,
    numbers_of,
    split_axes,
    tensor_patterns,
)
from dombit.models.arrays import tensors_from_state_dict
from dombit.recipe import Recipe
from dombit.records import CONSTANT, FLOAT, INT, STORED, UNIFORM, ModelFile, Tensor

RANDOM = np.random.default_rng(13)
NORMAL = RANDOM.normal(0, 1, (40, 50)).astype(np.float32)


def tensor(array: np.ndarray) -> Tensor:
    """Return an array as a tensor."""
    return tensors_from_state_dict({"t": array})[0]


@pytest.mark.parametrize(
    ("array", "coding"),
    [
        (NORMAL, FLOAT), (NORMAL.astype(np.float64), FLOAT), (NORMAL.astype(np.complex64), FLOAT),
        (NORMAL.astype(ml_dtypes.bfloat16), FLOAT),
        (RANDOM.integers(0, 1 << 32, 2000, np.uint32).view("f4"), STORED),
        (RANDOM.integers(-9, 9, (30, 40)), INT), (RANDOM.integers(0, 256, 3000, np.uint8), STORED),
        (RANDOM.integers(0, 2, 999).astype(bool), INT), (np.full(70, 3.5), CONSTANT),
        (np.zeros((0, 4), np.float32), STORED), (np.float16(3), CONSTANT),
        (np.zeros(9, np.complex64), FLOAT),
    ],
)  # fmt: skip
def test_codings_pay(array: np.ndarray, coding: int) -> None:
    """What has structure is coded, what has none is stored, what is constant is so."""
    assert choose_coding(tensor(array), 5, None, 64).coding == coding


def test_a_step_makes_uniform() -> None:
    """A tensor with a step is quantised, also where it is constant."""
    for array in (NORMAL, np.ones((3, 3), np.float32)):
        choice = choose_coding(tensor(array), 0, (2048, -14), 64)
        assert (choice.coding, choice.step) == (UNIFORM, (2048, -14))


def test_nearly_constant_is_not_constant() -> None:
    """One element that differs, behind the first thousands, is seen; signs of zero differ."""
    array = np.zeros(10_000, np.float32)
    array[-1] = -0.0
    assert choose_coding(tensor(array), 0, None, 64).coding == FLOAT


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((), (0, 0)), ((9,), (0, 1)), ((1, 9, 1), (0, 3)), ((4, 5), (1, 2)), ((4, 5, 3, 3), (1, 2)),
        ((1, 4, 1, 5), (2, 4)), ((4, 1, 5, 3), (1, 3)), ((0, 5), (0, 2)),
    ],
)  # fmt: skip
def test_axes_are_split_at_the_wide_ones(shape: tuple[int, ...], expected: tuple[int, int]) -> None:
    """Rows end behind the first axis of more than one element, columns behind the second."""
    assert split_axes(shape) == expected


def test_samples_stand_for_large_tensors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Estimates from a sample come to the same choice as from all elements."""
    monkeypatch.setattr(codings, "SAMPLE", 300)
    assert choose_coding(tensor(NORMAL), 0, None, 64).coding == FLOAT
    noise = RANDOM.integers(0, 1 << 32, 5000, np.uint32)
    assert choose_coding(tensor(noise.view("f4")), 0, None, 64).coding == STORED


def test_numbers() -> None:
    """Numbers of elements are their values, in fp64."""
    for array in (NORMAL, NORMAL.astype(np.float16), np.arange(-4, 5, dtype=np.int8)):
        one = tensor(array)
        values = array.astype(np.float64).reshape(-1)
        assert np.array_equal(numbers_of(tensor_patterns(one), one), values)


@pytest.mark.parametrize(
    ("array", "plain", "everything"),
    [
        (NORMAL, True, True), (NORMAL[0], False, True), (NORMAL[:1], False, True),
        (np.arange(6).reshape(2, 3), False, True), (np.array([[1, np.inf]] * 2), True, True),
        (NORMAL.astype(np.complex64), False, False), (np.zeros((0, 2)), False, False),
        (np.ones((4, 4), ml_dtypes.int4), False, False),
    ],
)  # fmt: skip
def test_what_may_be_quantised(array: np.ndarray, plain: bool, everything: bool) -> None:
    """Float tensors of two wide axes are wanted; vectors and integers only with `all`."""
    model = ModelFile(carrier=0, tensors=(tensor(array),), skeleton=None)
    assert is_wanted(model, 0, Recipe(mode="snr", value=9)) == plain
    assert is_wanted(model, 0, Recipe(mode="snr", value=9, all_tensors=True)) == everything
    assert not is_wanted(model, 0, Recipe())


def test_optimisers_and_pinned_tensors() -> None:
    """Optimiser state is lossy only with `all`, a tensor that stands in literals never."""
    one = (tensor(NORMAL),)
    state = ModelFile(carrier=0, tensors=one, skeleton=None, optimiser=frozenset({0}))
    pinned = ModelFile(carrier=0, tensors=one, skeleton=None, pinned=frozenset({0}))
    plain, every = (Recipe(mode="step", value=1, all_tensors=some) for some in (False, True))
    assert [is_wanted(state, 0, recipe) for recipe in (plain, every)] == [False, True]
    assert [is_wanted(pinned, 0, recipe) for recipe in (plain, every)] == [False, False]
