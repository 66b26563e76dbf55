"""Steps and lossy: one step for a target, and the tensors that need another."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dombit.arithmetic import step_from_float, step_value
from dombit.choose.lossy import Lossy, decide_steps, decode_lossy, levels_of
from dombit.choose.steps import NO_STEP, fitting, measure, step_for_bits, step_for_snr
from dombit.dtypes import BY_NAME
from dombit.models.arrays import tensors_from_state_dict
from dombit.recipe import Recipe
from dombit.records import ModelFile

RANDOM = np.random.default_rng(17)
F32 = BY_NAME["f32"]


def model(**arrays: np.ndarray) -> ModelFile:
    """Return a model without skeleton."""
    return ModelFile(carrier=0, tensors=tensors_from_state_dict(arrays), skeleton=None)


def matrix(scale: float = 1.0) -> np.ndarray:
    """Return bell-shaped weights."""
    return RANDOM.normal(0, scale, (50, 60)).astype(np.float32)


@pytest.mark.parametrize("target", [3.0, 12.0, 40.0, 90.0])
def test_a_step_meets_an_snr(target: float) -> None:
    """The step that is found gives the target, or at most a twentieth of a decibel more."""
    tensors = model(a=matrix(), b=matrix(0.1)).tensors
    step = step_for_snr(tensors, target, 0.4)
    signal = sum(float((t.data.view("<f4").astype(float) ** 2).sum()) for t in tensors)  # type: ignore[union-attr]
    found = 10 * math.log10(signal / measure(tensors, step, 0.4))
    assert target <= found <= target + 0.05


def test_what_lies_beside_counts() -> None:
    """Errors of tensors with steps of their own leave less room: the common step is smaller."""
    tensors = model(a=matrix()).tensors
    alone = step_value(*step_for_snr(tensors, 15, 0.4))
    signal = 3000.0
    beside = step_for_snr(tensors, 15, 0.4, signal_beside=10.0, error_beside=signal / 64)
    assert step_value(*beside) < alone


def test_zeros_take_any_step() -> None:
    """Where all weights are zero there is nothing to search."""
    zeros = model(a=np.zeros((4, 5), np.float32)).tensors
    assert step_for_snr(zeros, 20, 0.4) == NO_STEP
    assert step_for_snr((), 20, 0.4) == NO_STEP
    assert measure(zeros, NO_STEP, 0.4) == 0.0


def test_a_step_for_bits_is_searched_with_the_real_size() -> None:
    """The size that is measured, not the first guess, decides."""
    tensors = model(a=matrix()).tensors
    asked: list[float] = []

    def size_of(step: tuple[int, int]) -> float:
        asked.append(step_value(*step))
        return 3.0 - math.log2(step_value(*step))

    step = step_for_bits(tensors, size_of, 6.0, 0.4)
    assert 5.88 <= 3.0 - math.log2(step_value(*step)) <= 6.0 and len(asked) < 60


def test_steps_get_shorter_where_levels_are_too_large() -> None:
    """A mantissa of 12 bits forbids large levels: fewer bits are tried, then none fits."""
    (tensor,) = model(a=np.array([[1.0, 30_000.0]], np.float32)).tensors
    step, error = fitting(tensor, step_from_float(0.3, F32), 0.4)
    assert step is not None and step[0] < 256 and error < 1
    none, _ = fitting(tensor, step_from_float(1e-6, F32), 0.4)
    assert none is None


def decided(recipe: Recipe, **arrays: np.ndarray) -> tuple[ModelFile, Lossy]:
    """Return the steps of a model."""
    one = model(**arrays)
    return one, decide_steps(one, recipe, lambda _: 4.0)


def test_exceptions_from_the_common_step() -> None:
    """A tiny tensor gets its own step, one that is too large stays lossless; both are noted."""
    arrays = {"a": matrix(), "tiny": matrix(1e-9), "huge": matrix(1e30), "v": np.ones(3, "f4")}
    one, lossy = decided(Recipe(mode="step", value=0.01), **arrays)
    assert set(lossy.steps) == {0, 1}
    assert lossy.steps[0] == step_from_float(0.01, F32)
    assert step_value(*lossy.steps[1]) < 1e-8
    assert ["tiny" in lossy.notes[0], "huge" in lossy.notes[1]] == [True, True]
    decoded = decode_lossy(one, lossy, 0.4)
    found = decoded.data[1].view("<f4")
    error = ((found - arrays["tiny"].reshape(-1)).astype(float) ** 2).sum()
    assert 10 * math.log10((arrays["tiny"].astype(float) ** 2).sum() / error) >= 10


def test_a_target_is_met_with_exceptions() -> None:
    """The SNR over all quantised tensors, own steps included, is the one that was asked for."""
    arrays = {"a": matrix(), "b": matrix(0.01), "c": matrix(1e-3), "d": matrix(1e-6)}
    one, lossy = decided(Recipe(mode="snr", value=18.0), **arrays)
    assert set(lossy.steps) == {0, 1, 2, 3} and len(set(lossy.steps.values())) > 1
    found = decode_lossy(one, lossy, 0.4).snr_db
    assert found is not None and 18.0 <= found <= 18.05


def test_nothing_to_quantise() -> None:
    """A model of vectors has no steps, and the note says so; lossless needs no note."""
    _, lossy = decided(Recipe(mode="snr", value=20), v=np.ones(9, np.float32))
    assert not lossy.steps and "lossless" in lossy.notes[0]
    one, lossy = decided(Recipe(), a=matrix())
    assert lossy == Lossy(steps={}) and decode_lossy(one, lossy, 0.4).snr_db is None


def test_levels_of_a_stretch() -> None:
    """Levels of a part of a tensor are those of the whole."""
    (tensor,) = model(a=matrix()).tensors
    step = step_from_float(0.1, F32)
    whole = levels_of(tensor, step, 0.4, 0, 3000)
    assert np.array_equal(levels_of(tensor, step, 0.4, 117, 90), whole[117:207])
    assert np.abs(whole).max() > 10


@pytest.mark.parametrize("recipe", [Recipe(mode="snr", value=20), Recipe(mode="bits", value=4)])
def test_what_is_not_finite_is_noted(recipe: Recipe) -> None:
    """A tensor with NaN, infinities or immense values stays lossless; the others meet the rate."""
    bad = [matrix().astype(np.float64) for _ in range(3)]
    for array, value in zip(bad, (np.nan, np.inf, 1e300), strict=True):
        array[3, 4] = value
    one, lossy = decided(recipe, a=matrix(), nan=bad[0], inf=bad[1], immense=bad[2])
    assert set(lossy.steps) == {0}
    notes = [note.partition(":")[0] for note in lossy.notes if "not finite" in note]
    assert notes == ["nan", "inf", "immense"]
    assert decode_lossy(one, lossy, 0.4).snr_db is not None
