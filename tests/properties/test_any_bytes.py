"""Any bytes give a model or a DombitError, in bounded memory; each prefix is truncated."""

from __future__ import annotations

import random
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dombit
from dombit.bitstream.reader import UnitReader
from dombit.errors import DombitError
from dombit.limits import Limits

RANDOM = np.random.default_rng(5)
SMALL = {
    "layer.weight": RANDOM.normal(0, 0.05, (24, 16)).astype(np.float32),
    "layer.bias": np.zeros(24, np.float16),
    "steps": np.arange(9, dtype=np.int64),
    "raw": RANDOM.integers(0, 256, 40, np.uint8),
}
STREAMS = [
    dombit.to_bytes(SMALL),
    dombit.to_bytes(SMALL, snr=20, deflate=False, metadata={"a": "b"}),
]
LIMITS = Limits(output_bytes=1 << 24)


def outcome(data: bytes) -> object:
    """Return what decoding gives: a verdict, or every bit of the model."""
    try:
        model = dombit.decode(data, limits=LIMITS, engine="numpy")
    except DombitError as error:
        return error.kind, error.rule, error.stage
    return {name: (array.dtype, array.shape, array.tobytes()) for name, array in model.items()}


@pytest.mark.parametrize("number", [0, 1])
def test_every_prefix_is_truncated(number: int) -> None:
    """Whatever a stream is cut at, it is truncated, in stage container."""
    data = STREAMS[number]
    for size in range(len(data)):
        with pytest.raises(DombitError) as verdict:
            dombit.decode(data[:size], limits=LIMITS, engine="numpy")
        assert (verdict.value.kind, verdict.value.stage) == ("truncated", "container"), size


def test_bytes_behind_the_end_are_trailing() -> None:
    """One byte more than a stream is refused as such."""
    with pytest.raises(DombitError) as verdict:
        dombit.decode(STREAMS[0] + b"\0")
    assert verdict.value.kind == "trailing-data"


@pytest.mark.parametrize("number", [0, 1])
def test_bit_flips_are_found_or_harmless(number: int) -> None:
    """A thousand flipped bits each: a DombitError or the same model, never another exception."""
    data, chance = STREAMS[number], random.Random(number)  # noqa: S311 - no secret
    plain = outcome(data)
    refused = 0
    for _ in range(1000):
        bit = chance.randrange(8 * len(data))
        flipped = bytearray(data)
        flipped[bit >> 3] ^= 1 << (bit & 7)
        found = outcome(bytes(flipped))
        refused += isinstance(found, tuple)
        assert isinstance(found, tuple) or found == plain
    assert refused == 1000


@settings(deadline=None, max_examples=200)
@given(data=st.binary(max_size=200), keep=st.integers(0, 60))
def test_random_bytes_are_refused(data: bytes, keep: int) -> None:
    """Noise, also behind the beginning of a stream, is no model."""
    assert isinstance(outcome(STREAMS[0][:keep] + data), tuple)


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_pieces_do_not_matter(size: int) -> None:
    """A stream in pieces of any size gives the same units."""
    data = STREAMS[1]
    whole, pieces = UnitReader(LIMITS), UnitReader(LIMITS)
    whole.feed(data)
    expected = [(unit.type, bytes(unit.payload)) for unit in whole.units()]
    found = []
    for at in range(0, len(data), size):
        pieces.feed(data[at : at + size])
        found += [(unit.type, bytes(unit.payload)) for unit in pieces.units()]
    pieces.finish()
    assert found == expected


def test_an_output_over_the_limit_costs_nothing() -> None:
    """A constant tensor of 4 GiB is refused before a byte of it exists."""
    tensor = np.broadcast_to(np.float32(1), (1 << 12, 1 << 10))
    data = dombit.to_bytes({"w": np.ascontiguousarray(tensor)})
    tracemalloc.start()
    with pytest.raises(DombitError) as verdict:
        dombit.decode(data, limits=Limits(output_bytes=1 << 20))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert verdict.value.kind == "limit-exceeded" and peak < 1 << 20
