"""Contexts: they fall with the exponent of the prediction, and tell zero from the rest."""

from __future__ import annotations

import numpy as np
import pytest

from dombit.arithmetic import pattern_type
from dombit.dtypes import BY_NAME
from dombit.prediction.contexts import contexts, contexts_of_all

VALUES = np.array([0, -0.0, 1, -2, 1e-40, 2.0**40, np.inf], np.float32).view(np.uint32)


def test_exponents_of_the_prediction() -> None:
    """Bias 130, scale 1: 1.0 has exponent 127 and context 3; subnormals count as 0."""
    sums = np.full(VALUES.size, 130, np.int32)
    found = contexts(sums, VALUES, BY_NAME["f32"], 1, 1)
    assert found.tolist() == [63, 63, 3, 2, 63, 0, 0]
    assert contexts(sums * 2, VALUES, BY_NAME["f32"], 2, 1).tolist() == [63, 63, 6, 4, 63, 0, 0]


def test_zero_or_not() -> None:
    """With two root classes what is not zero has contexts from 64 on; the sign does not count."""
    found = contexts(np.full(VALUES.size, 5, np.int32), VALUES, BY_NAME["f32"], 0, 2)
    assert found.tolist() == [5, 5, 69, 69, 69, 69, 69]
    bytes_ = np.array([0, 128, 255], np.uint8)
    found = contexts(np.zeros(3, np.int32), bytes_, BY_NAME["i8"], 1, 2)
    assert found.tolist() == [0, 64, 64]


@pytest.mark.parametrize("name", ["bf16", "f16", "i16", "u8", "f8_e4m3fn"])
@pytest.mark.parametrize("bias", [-300, 0, 130, 1 << 20])
def test_every_pattern_has_the_context_that_it_has_alone(name: str, bias: int) -> None:
    """The contexts of all patterns are those of elements that have them."""
    dtype = BY_NAME[name]
    patterns = np.array([0, 1, 0x7F, 0x80, 0xFF], pattern_type(dtype))
    sums = np.full(patterns.size, bias, np.int32)
    expected = contexts(sums, patterns, dtype, 1, 2)
    assert contexts_of_all(bias, dtype, 1, 2)[patterns].tolist() == expected.tolist()
