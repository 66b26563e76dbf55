"""Elements: the patterns of a tensor's canonical bytes, one unsigned integer each."""

from __future__ import annotations

import numpy as np
import pytest

from dombit.dtypes import BY_NAME, DTYPES, DType, pack_bits
from dombit.elements import patterns_of


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.name)
def test_patterns_are_the_bits_of_each_element(dtype: DType) -> None:
    """Twelve elements give twelve patterns of their width; complex ones two each."""
    parts = 2 if dtype.family == "complex" else 1
    width = dtype.bits // parts
    expected = [(37 * n + 11) % (1 << min(width, 62)) for n in range(12 * parts)]
    if dtype.bits < 8:
        data = pack_bits(np.array(expected, np.uint8), dtype.bits)
    else:
        data = np.array(expected, f"<u{width // 8}").view(np.uint8)
    found = patterns_of(data, dtype, (3, 4))
    assert found.tolist() == expected and found.dtype.kind == "u"
    assert found.itemsize == max(1, width // 8)


def test_patterns_share_the_memory_of_whole_bytes() -> None:
    """Where elements fill bytes nothing is copied; narrow ones are unpacked."""
    data = np.arange(24, dtype=np.uint8)
    assert np.shares_memory(patterns_of(data, BY_NAME["f32"], (6,)), data)
    assert not np.shares_memory(patterns_of(data, BY_NAME["u4"], (48,)), data)
    assert patterns_of(np.zeros(0, np.uint8), BY_NAME["f6_e2m3"], (0, 5)).size == 0
