"""Signed values: what is split into tokens and side bits is joined again, by both twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit import compiled, fast
from dombit.entropy import signed, tokens
from dombit.entropy.rawbits import write_variable
from dombit.entropy.signed import magnitudes
from dombit.errors import DombitError
from dombit.records import Hybrid

HYBRIDS = [
    Hybrid(),
    Hybrid(split=4, msb=1, lsb=1),
    Hybrid(split=4, msb=0, lsb=0),
    Hybrid(split=3, msb=1, lsb=2),
]
VALUES = st.lists(st.integers(0, 20) | st.integers(0, 2**32 - 1), min_size=1, max_size=200)
TWINS = [signed.join_signed, fast.join_signed] if compiled.available() else [signed.join_signed]


@settings(deadline=None, max_examples=150)
@given(
    values=VALUES,
    seed=st.integers(0, 2**32 - 1),
    hybrid=st.sampled_from(HYBRIDS),
    twin=st.sampled_from(TWINS),
)
def test_join_is_the_inverse_of_split(
    values: list[int], seed: int, hybrid: Hybrid, twin: object
) -> None:
    """Magnitudes and signs come back, whichever of them have extra bits."""
    magnitude = np.array(values, np.uint32)
    negative = np.random.default_rng(seed).integers(0, 2, magnitude.size).astype(bool)
    negative &= magnitude > 0
    token, extra, widths = tokens.split(magnitude, hybrid)
    if int(token.max()) > 255 or (widths > 31).any():
        return
    coded = token != 0
    sides = (extra[coded].astype(np.uint64) << np.uint64(1) | negative[coded]).astype(np.uint64)
    stream = write_variable(sides.astype(np.uint32), (widths + 1)[coded].astype(np.uint8))
    large = signed.find_large(token, hybrid)
    assert large.side_bits == int((widths + 1)[coded].sum())
    codes = twin(token, stream, hybrid, large)  # type: ignore[operator]
    found, signs = magnitudes(codes, hybrid)
    assert np.array_equal(found, magnitude) and np.array_equal(signs, negative)
    part = signed.part_of(codes, 1, magnitude.size - 1)
    if part.codes.size:
        assert np.array_equal(magnitudes(part, hybrid)[0], magnitude[1:])


def test_a_token_without_meaning_is_refused() -> None:
    """A token of a value of more than 32 bits is refused before side bits are read."""
    with pytest.raises(DombitError) as verdict:
        signed.find_large(np.array([1, 255], np.uint8), Hybrid(split=4, msb=0, lsb=0))
    assert verdict.value.rule == "R-ENT-016"


def test_a_part_knows_its_own_largest_token() -> None:
    """A stretch of codes has the largest token that it holds, and its own places of extra bits."""
    token = np.array([3, 40, 0, 2, 30, *[0] * 20], np.uint8)
    widths = tokens.extra_widths(token, Hybrid())
    stream = write_variable(np.zeros(4, np.uint32), (widths + 1)[token != 0].astype(np.uint8))
    codes = signed.join_signed(token, stream, Hybrid(), signed.find_large(token, Hybrid()))
    assert codes.largest == 40
    parts = [signed.part_of(codes, first, count) for first, count in ((0, 1), (1, 2), (2, 3))]
    assert [part.largest for part in parts] == [3, 40, 30]
    assert [part.large.tolist() for part in parts] == [[], [0], [2]]
    assert signed.some_of(parts[2]).codes.tolist() == [30]


def test_a_table_is_looked_up_in_chunks() -> None:
    """look_up is indexing, also of more codes than one chunk holds."""
    table = np.arange(512, dtype=np.float32) * 3
    codes = np.arange(signed.CHUNK + 1000, dtype=np.uint16) % 512
    out = np.empty(codes.size, np.float32)
    signed.look_up(codes, table, out)
    assert np.array_equal(out, table[codes])


@pytest.mark.parametrize("most", [40, 3000, (1 << 32) - 1])
def test_few_large_values_and_many_are_read_alike(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signs taken out of the side bits, and fields read whole, give the same codes."""
    random = np.random.default_rng(most)
    values = random.integers(0, most, 777, np.uint32, endpoint=True)
    values[random.random(777) < 0.2] = 0
    token, _, _ = tokens.split(values, HYBRIDS[1])
    bits = random.integers(0, 2, signed.find_large(token, HYBRIDS[1]).side_bits, np.uint8)
    stream = np.packbits(bits, bitorder="little")
    few, every = [], []
    for many, found in ((0, few), (1 << 40, every)):
        monkeypatch.setattr(signed, "MANY", many)
        large = signed.find_large(token, HYBRIDS[1])
        assert large.side_bits == bits.size
        found += [twin(token, stream, HYBRIDS[1], large) for twin in TWINS]
    assert all(codes.every is None and codes.extra.size > 100 for codes in few)
    assert all(codes.every is not None and not codes.extra.size for codes in every)
    first, _ = magnitudes(few[0], HYBRIDS[1])
    for codes in (*few, *every):
        assert codes.codes.tolist() == few[0].codes.tolist()
        assert magnitudes(codes, HYBRIDS[1])[0].tolist() == first.tolist()
