"""Differences: dense or sparse by what is estimated, tensors of a family alike."""

from __future__ import annotations

import math

import ml_dtypes
import numpy as np
import pytest

import dombit
from dombit.choose import differences
from dombit.choose.differences import COMPANY, Verdict, in_company
from dombit.recipe import TensorChoice
from dombit.records import INT

RANDOM = np.random.default_rng(61)


def verdict(number: int, spared: float) -> Verdict:
    """Return the verdict on a predicted tensor of which sparse segments spare so many bits."""
    choice = TensorChoice(number=number, coding=INT, predicted=True, sparse=spared > 0)
    return Verdict(choice=choice, spared=spared)


def test_few_bits_make_no_group() -> None:
    """Where a family would be divided for less than a group costs, the larger side has all."""
    some = [verdict(0, 90.0), verdict(1, -50.0), verdict(2, COMPANY * 2.0)]
    assert [each.sparse for each in in_company(some, "aaa") if each] == [True, True, True]
    assert [each.sparse for each in in_company(some, "aab") if each] == [True, True, True]
    assert [each.sparse for each in in_company(some, "bab") if each] == [True, False, True]
    large = [verdict(0, COMPANY * 2.0), verdict(1, -COMPANY * 2.0), verdict(2, -1.0)]
    assert [each.sparse for each in in_company(large, "aaa") if each] == [True, False, False]


def test_what_cannot_be_sparse_stays() -> None:
    """A tensor without a sparse coding makes its family dense; copies and others stay."""
    never = verdict(0, -math.inf)
    plain = TensorChoice(number=2, coding=INT)
    others = [Verdict(choice=None), Verdict(choice=plain)]
    copy, same = in_company([*others, never], "aaa")[:2]
    assert copy is None and same is plain
    found = in_company([never, verdict(1, 300.0)], "aa")
    assert [each.sparse for each in found if each] == [False, False]


@pytest.mark.parametrize("share", [0.002, 0.1, 0.7])
def test_the_smaller_is_taken(monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    """Differences of which a share is not 0 take at most 0.5 % more than the better of both."""
    root = RANDOM.normal(0, 0.1, (300, 400)).astype(ml_dtypes.bfloat16)
    bits = root.view(np.uint16)
    moved = np.where(RANDOM.random(root.shape) < share, RANDOM.choice([-1, 1, 2], root.shape), 0)
    model = (bits + moved.astype(np.uint16)).view(ml_dtypes.bfloat16)
    size = len(dombit.to_bytes({"t": model}, root={"t": root}))
    forced = []
    for name in ("_dense", "_sparse"):
        monkeypatch.setattr(differences, "MOST_CHANGED", 1.0)
        monkeypatch.setattr(differences, name, lambda *_: 1e9)
        forced.append(len(dombit.to_bytes({"t": model}, root={"t": root})))
        monkeypatch.undo()
    assert abs(forced[0] - forced[1]) > 20 and size <= 1.005 * min(forced)
