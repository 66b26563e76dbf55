"""Lossy: what is far too small for a step is kept, and low rates erase what they must."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

import dombit
from dombit.arithmetic import step_value
from dombit.choose import lossy as lossy_module
from dombit.choose.exceptions import Lossy
from dombit.choose.lossy import decide_steps, decode_lossy
from dombit.models.arrays import tensors_from_state_dict
from dombit.recipe import Recipe
from dombit.records import ModelFile

RANDOM = np.random.default_rng(41)
ORDINARY = RANDOM.normal(0, 1, (40, 50))
RATES: list[dict[str, Any]] = [{"snr": 20}, {"bits": 4}]


def decided(recipe: Recipe, **arrays: np.ndarray) -> tuple[ModelFile, Lossy]:
    """Return a model without skeleton, and its steps."""
    model = ModelFile(carrier=0, tensors=tensors_from_state_dict(arrays), skeleton=None)
    return model, decide_steps(model, recipe, lambda _: 3.95)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(
    ("kind", "scale"), [("f8", 1e-130), ("f8", 1e-150), ("f8", 1e-200), ("f8", 1e-310),
                        ("f4", 1e-38), ("f4", 1e-44)],
)  # fmt: skip
def test_what_no_step_reaches_is_kept(kind: str, scale: float, rate: dict[str, Any]) -> None:
    """Values whose squares vanish, or that lie below all steps, are not turned into zeros."""
    tiny = (ORDINARY * scale).astype(kind)
    assert tiny.any()
    for beside in ({}, {"b": ORDINARY.astype(kind)}):
        out = io.BytesIO()
        report = dombit.encode({"a": tiny, **beside}, out, **rate)
        assert dombit.decode(out.getvalue())["a"].tobytes() == tiny.tobytes()
        assert any(note.startswith("a: ") and "lossless" in note for note in report.notes)
        assert (report.snr_db is None) == (not beside)


def test_zeros_are_in_range() -> None:
    """A tensor of zeros has no values that are too small: it is quantised, to zeros."""
    _, lossy = decided(Recipe(mode="step", value=0.1), a=np.zeros((3, 4)), b=ORDINARY)
    assert set(lossy.steps) == {0, 1} and lossy.notes == ()


@pytest.mark.parametrize("rate", [*RATES, {"step": 1e-60}, {"step": 1e-320}])
def test_steps_of_fp64_beside_fp32(rate: dict[str, Any]) -> None:
    """A step that only fp64 tensors can have never gets into a group of others."""
    model = {"d": ORDINARY * 1e-59, "s": ORDINARY.astype("f4"), "z": np.zeros((9, 8), "f4")}
    data = dombit.to_bytes(model, **rate)
    assert list(dombit.decode(data)) == list(model)


def test_the_common_step_is_the_one_asked_for() -> None:
    """It is cut to 12 bits, never rounded up, and what differs from it is named in one note."""
    wide = {name: ORDINARY * np.where(ORDINARY > 2, 1e4, 1) for name in "abcd"}
    _, lossy = decided(Recipe(mode="step", value=0.1), plain=ORDINARY, **wide)
    assert lossy.common is not None and 0.1 * (1 - 1 / 2048) < step_value(*lossy.common) <= 0.1
    assert lossy.notes == ()
    wide = {name: array.astype("f4") for name, array in wide.items()}
    _, lossy = decided(Recipe(mode="step", value=0.1), plain=ORDINARY.astype("f4"), **wide)
    (note,) = lossy.notes
    smallest = min(step_value(*step) for step in lossy.steps.values())
    assert note.startswith("a, b, c and 1 more: smaller steps") and f"{smallest:.6g}" in note
    assert 0.05 < smallest < 0.1


def test_the_report_names_the_step() -> None:
    """A report has the common step of a lossy stream, and none where there is none."""
    model = {"a": ORDINARY.astype("f4"), "v": np.ones(3, "f4")}
    for rate in ({"step": 0.1}, {"snr": 12}, {"bits": 6}):
        step = dombit.encode(model, io.BytesIO(), **rate).step  # type: ignore[arg-type]
        assert step is not None and 0 < step < 1
        same = dombit.encode(model, io.BytesIO(), step=step)
        assert same.step == step
    assert dombit.encode(model, io.BytesIO()).step is None


def test_nothing_to_quantise() -> None:
    """A model of vectors has no steps, and the note says so; lossless needs no note."""
    _, lossy = decided(Recipe(mode="snr", value=20), v=np.ones(9, np.float32))
    assert not lossy.steps and "lossless" in lossy.notes[0]
    model, lossy = decided(Recipe(), a=ORDINARY)
    assert lossy == Lossy(steps={}) and decode_lossy(model, lossy, 0.4).snr_db is None


@pytest.mark.parametrize("recipe", [Recipe(mode="snr", value=20), Recipe(mode="bits", value=4)])
def test_what_is_not_finite_is_noted(recipe: Recipe) -> None:
    """A tensor with NaN, infinities or immense values stays lossless; the others meet the rate."""
    bad = [ORDINARY.copy() for _ in range(3)]
    for array, value in zip(bad, (np.nan, np.inf, 1e300), strict=True):
        array[3, 4] = value
    one, lossy = decided(recipe, a=ORDINARY, nan=bad[0], inf=bad[1], immense=bad[2])
    assert set(lossy.steps) == {0}
    notes = [note.partition(":")[0] for note in lossy.notes if "not finite" in note]
    assert notes == ["nan", "inf", "immense"]
    assert decode_lossy(one, lossy, 0.4).snr_db is not None


def test_decoded_values_are_those_of_the_stream() -> None:
    """What the encoder takes for the decoded model is what a decoder gives, in any chunks."""
    arrays = {"a": ORDINARY.astype("f4"), "b": 3 * ORDINARY.astype("f2")}
    one, lossy = decided(Recipe(mode="step", value=0.07), **arrays)
    found = decode_lossy(one, lossy, 0.4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lossy_module, "CHUNK", 77)
        chunked = decode_lossy(one, lossy, 0.4)
    back = dombit.decode(dombit.to_bytes(arrays, step=0.07))
    for number, name in enumerate(arrays):
        assert found.data[number].tobytes() == back[name].tobytes()
        assert chunked.data[number].tobytes() == back[name].tobytes()
    assert found.snr_db == pytest.approx(chunked.snr_db)
