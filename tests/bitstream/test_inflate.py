"""Inflating in pieces: the same verdicts as at once, in half the memory."""

from __future__ import annotations

import tracemalloc
import zlib

import numpy as np
import pytest

from dombit.bitstream import container
from dombit.bitstream.source import Source
from dombit.errors import DombitError

NOISE = np.random.default_rng(1).bytes(3 << 20)
SIZES = [0, 1, (1 << 16) + 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20]


def packed(data: bytes) -> bytes:
    """Return the RFC 1951 stream of some bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def inflate(stream: bytes, size: int) -> bytes:
    """Return what a deflated payload that claims a size inflates to."""
    data = size.to_bytes(4, "little") + stream
    source = Source(data=memoryview(data), at=0, path="unit", stage="container")
    return bytes(container.inflate(source, 0, len(data), container.MAX_INFLATED))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["zeros", "noise"])
def test_payloads_come_back(size: int, kind: str) -> None:
    """A stream of any length inflates, whatever stands at the borders of pieces."""
    data = bytes(size) if kind == "zeros" else NOISE[:size]
    assert inflate(packed(data), size) == data


@pytest.mark.parametrize("size", SIZES)
def test_sizes_and_ends_must_agree(size: int) -> None:
    """A size that is one off, a byte behind the stream, and a stream cut short are malformed."""
    stream = packed(NOISE[:size])
    wrong = [(stream, size + 1), (stream + b"x", size), (stream + bytes(1 << 17), size)]
    wrong += [(stream, size - 1), (stream[:-1], size)] if size else []
    for broken, claimed in wrong:
        with pytest.raises(DombitError) as caught:
            inflate(broken, claimed)
        assert (caught.value.rule, caught.value.stage) == ("R-CON-020", "container")


def test_no_more_memory_than_the_payload() -> None:
    """A payload of the largest size takes little more than itself while it is inflated."""
    stream = packed(bytes(32 << 20))
    data = memoryview(stream)
    tracemalloc.start()
    found = container._inflated(data, 32 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found is not None and found.readonly and len(found) == 32 << 20
    assert peak < 40 << 20
