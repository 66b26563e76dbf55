"""Survey: one look at all values of a tensor."""

from __future__ import annotations

import numpy as np
import pytest

from dombit.choose import survey as survey_module
from dombit.choose.survey import survey, total_power
from dombit.models.arrays import tensors_from_state_dict
from dombit.records import Tensor

RANDOM = np.random.default_rng(43)
NORMAL = RANDOM.normal(0, 0.1, (60, 50)).astype(np.float32)


def tensor(array: np.ndarray) -> Tensor:
    """Return an array as a tensor."""
    return tensors_from_state_dict({"w": array})[0]


@pytest.mark.parametrize("worst", [np.nan, np.inf, -np.inf, 1e300, -1e300])
def test_one_value_that_is_not_finite(monkeypatch: pytest.MonkeyPatch, worst: float) -> None:
    """The last of many values decides, also one whose square is infinite; integers are finite."""
    monkeypatch.setattr(survey_module, "CHUNK", 300)
    late = NORMAL.astype(np.float64)
    assert survey(tensor(late), 0) and survey(tensor(np.arange(9)), 0)
    late[-1, -1] = worst
    assert survey(tensor(late), 0) is None


def test_what_is_too_small() -> None:
    """Values whose squares vanish in fp64 are left out; zeros alone are not."""
    assert survey(tensor(np.full((3, 3), 1e-150)), 0) is None
    zeros = survey(tensor(np.zeros((3, 3))), 0)
    assert zeros is not None and (zeros.largest, zeros.power, zeros.count) == (0.0, 0.0, 9)


@pytest.mark.parametrize("chunk", [7, 1 << 20])
def test_largest_value_and_power(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    """The largest magnitude and the sum of squares are those of all values, in any chunks."""
    monkeypatch.setattr(survey_module, "CHUNK", chunk)
    found = []
    for array in (NORMAL, NORMAL.astype(np.float16), np.arange(-9, 5, dtype=np.int8)):
        one = survey(tensor(array), 3)
        assert one is not None and one.number == 3
        values = array.astype(np.float64)
        assert one.largest == np.abs(values).max()
        assert one.power == pytest.approx(float((values**2).sum()), rel=1e-12)
        found.append(one)
    assert total_power(found) == pytest.approx(sum(one.power for one in found))
