"""Lossy: what is far too small for a step is kept, and low rates erase what they must."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

import dombit
from dombit.choose import steps
from dombit.choose.lossy import decide_steps, decode_lossy
from dombit.models.arrays import tensors_from_state_dict
from dombit.recipe import Recipe
from dombit.records import ModelFile

RANDOM = np.random.default_rng(41)
ORDINARY = RANDOM.normal(0, 1, (40, 50))
RATES: list[dict[str, Any]] = [{"snr": 20}, {"bits": 4}]


def model(**arrays: np.ndarray) -> ModelFile:
    """Return a model without skeleton."""
    return ModelFile(carrier=0, tensors=tensors_from_state_dict(arrays), skeleton=None)


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
    one = model(a=np.zeros((3, 4)), b=ORDINARY)
    lossy = decide_steps(one, Recipe(mode="step", value=0.1), lambda _: 0.0)
    assert set(lossy.steps) == {0, 1} and lossy.notes == ()


@pytest.mark.parametrize(("bits", "own"), [(1.0, False), (4.0, True)])
def test_a_low_rate_has_no_room_for_own_steps(
    monkeypatch: pytest.MonkeyPatch, bits: float, own: bool
) -> None:
    """A tensor of 2 dB stays coarse at one bit a weight, and gets its own step at four."""
    one = model(a=20 * ORDINARY, small=ORDINARY)
    step = (3072, -10)
    error = steps.measure(one.tensors[1:], step, 0.4)
    power = float(np.square(ORDINARY).sum())
    assert 0.1 < 10 * np.log10(power / error) < 3
    monkeypatch.setattr(steps, "step_for_bits", lambda *_: step)
    lossy = decide_steps(one, Recipe(mode="bits", value=bits), lambda _: bits)
    assert lossy.steps[0] == step
    assert (lossy.erased == {1}) == own and (lossy.steps[1] == step) != own


def test_decoded_values_are_those_of_the_stream() -> None:
    """What the encoder takes for the decoded model is what a decoder gives, in any chunks."""
    arrays = {"a": ORDINARY.astype("f4"), "b": 3 * ORDINARY.astype("f2")}
    one = model(**arrays)
    lossy = decide_steps(one, Recipe(mode="step", value=0.07), lambda _: 0.0)
    found = decode_lossy(one, lossy, 0.4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "CHUNK", 77)
        chunked = decode_lossy(one, lossy, 0.4)
    back = dombit.decode(dombit.to_bytes(arrays, step=0.07))
    for number, name in enumerate(arrays):
        assert found.data[number].tobytes() == back[name].tobytes()
        assert chunked.data[number].tobytes() == back[name].tobytes()
    assert found.snr_db == pytest.approx(chunked.snr_db)
