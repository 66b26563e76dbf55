"""Budget: steps for so many bits a weight, found with few encodings; what yields to it."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest

import dombit
from dombit import encoder, writing
from dombit.arithmetic import step_value
from dombit.choose import budget, groups
from dombit.choose.budget import is_met, steps_for_bits
from dombit.choose.exceptions import Lossy
from dombit.choose.survey import Weights, survey
from dombit.models.arrays import tensors_from_state_dict
from dombit.recipe import GroupDraft, TensorChoice
from dombit.records import FLOAT, UNIFORM

RANDOM = np.random.default_rng(37)


def matrix(scale: float = 1.0, rows: int = 50) -> np.ndarray:
    """Return bell-shaped weights."""
    return RANDOM.normal(0, scale, (rows, 60)).astype(np.float32)


def surveyed(**arrays: np.ndarray) -> list[Weights]:
    """Return what is known of tensors that can be quantised."""
    tensors = tensors_from_state_dict(arrays)
    found = [survey(tensor, number) for number, tensor in enumerate(tensors)]
    return [one for one in found if one is not None]


@pytest.mark.parametrize("slope", [0.8, 1.0, 1.25])
@pytest.mark.parametrize("beside", [-0.3, 0.0, 2.0])
def test_the_size_that_is_measured_decides(beside: float, slope: float) -> None:
    """The estimate only says where to measure: bits of any height and slope are met."""
    asked: list[float] = []

    def size_of(lossy: Lossy) -> float:
        step = step_value(*(lossy.common or (1, 0)))
        asked.append(beside + 3.0 - slope * math.log2(step))
        return asked[-1]

    lossy = steps_for_bits(surveyed(a=matrix()), 3000, 6.0, 0.4, size_of)
    assert is_met(size_of(lossy), 6.0) and len(asked) <= budget.ROUNDS + 1


def test_a_size_that_jumps_is_searched() -> None:
    """Where the corrections only jump over the budget, a search between encodings ends there."""

    def size_of(lossy: Lossy) -> float:
        log = -math.log2(step_value(*(lossy.common or (1, 0))))
        return 5.0 + 6.0 * math.tanh(40 * (log - 3.3))

    lossy = steps_for_bits(surveyed(a=matrix()), 3000, 6.0, 0.4, size_of)
    assert is_met(size_of(lossy), 6.0)


def counted(patch: pytest.MonkeyPatch, place: Any, name: str) -> list[Any]:
    """Return a list that gets what each call of a function is given first."""
    calls: list[Any] = []
    function = getattr(place, name)

    def call(*given: Any, **more: Any) -> Any:
        calls.append(given[0])
        return function(*given, **more)

    patch.setattr(place, name, call)
    return calls


@pytest.mark.parametrize("target", [1.5, 3.0, 4.0, 8.0])
def test_few_encodings(monkeypatch: pytest.MonkeyPatch, target: float) -> None:
    """Weights are encoded three times at most, all else once; the last encoding is written."""
    model = {f"w{n}": matrix(0.1 * (1 + n % 3), 400) for n in range(4)}
    model["bias"] = RANDOM.normal(0, 1, 900).astype(np.float32)
    encodings = counted(monkeypatch, encoder, "_bits")
    planned = counted(monkeypatch, writing, "plan_group")
    chosen = counted(monkeypatch, groups, "choose_coding")
    report = dombit.encode(model, io.BytesIO(), bits=target)
    assert is_met(report.bits_per_weight, target)
    assert 1 <= len(encodings) <= 3
    codings = [draft.coding for draft in planned]
    assert codings.count(UNIFORM) == len(encodings) and codings.count(FLOAT) == 1
    assert [tensor.name for tensor in chosen].count("bias") == 1


def test_only_the_last_encoding_is_kept() -> None:
    """Groups of quantised tensors make room for those of the next encoding, others stay."""
    memory = writing.Memory()
    choice = TensorChoice(number=0, coding=FLOAT)
    lossless, lossy = (GroupDraft(coding=coding, choices=(choice,)) for coding in (FLOAT, UNIFORM))
    memory.coded = {(0, lossless): None, (1, lossy): None}
    memory.forget_levels()
    assert set(memory.coded) == {(0, lossless)}


MIXED = {"large": matrix(1.0, 400), **{f"small{n}": matrix(1e-6, 400) for n in range(4)}}


def decibels(data: bytes, name: str) -> float:
    """Return the SNR of one tensor of MIXED after decoding."""
    found = dombit.decode(data)[name].astype(np.float64)
    error = np.square(found - MIXED[name]).sum()
    return 10 * math.log10(np.square(MIXED[name], dtype=np.float64).sum() / error)


@pytest.mark.parametrize(
    ("target", "least", "word"), [(4.0, 10.0, "10 dB"), (1.2, 3.0, "3 dB"), (0.45, -1.0, "erased")]
)
def test_own_steps_yield_to_a_budget(target: float, least: float, word: str) -> None:
    """Small tensors have 10 dB where there is room, then 3 dB, then nothing: the budget is met."""
    out = io.BytesIO()
    report = dombit.encode(MIXED, out, bits=target)
    assert is_met(report.bits_per_weight, target)
    for number in range(4):
        assert decibels(out.getvalue(), f"small{number}") >= least
        notes = [note for note in report.notes if note.startswith(f"small{number}: ")]
        assert len(notes) == 1 and word in notes[0]
    assert len(report.notes) == 4


def test_what_cannot_be_met_keeps_own_steps() -> None:
    """Below what the lossless tensors take nothing is gained by erasing others: they keep 10 dB."""
    model = {**MIXED, "bias": RANDOM.normal(0, 1, 240_000).astype(np.float32)}
    out = io.BytesIO()
    report = dombit.encode(model, out, bits=2.0)
    assert report.bits_per_weight > 2.0
    assert all(decibels(out.getvalue(), name) >= 10 for name in MIXED)
    assert report.notes[-1].startswith(
        f"2 bits a weight were asked for, {report.bits_per_weight:.3f}"
    )
