"""Resync: unit headers are found by their CRC wherever they stand, and nothing else is."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from dombit.bitstream.container import build_header
from dombit.bitstream.resync import FIRST_WINDOW, headers_in, next_header

RANDOM = np.random.default_rng(3)
NOISE = RANDOM.integers(0, 256, 3 * FIRST_WINDOW, np.uint8).tobytes()
HEADER = build_header(7, 0, 3, 40)


def found(data: bytes, start: int = 0) -> int | None:
    """Return where next_header finds one in data."""
    return next_header(lambda offset, size: data[offset : offset + size], start, len(data))


@pytest.mark.parametrize("at", [0, 1, 7, 4083, 4084, 4085, 4090, 4095, 4096, 4097, 12_000])
def test_a_header_is_found_at_any_place(at: int) -> None:
    """Aligned or not, inside a window of the search or across two of them."""
    data = NOISE[:at] + HEADER + NOISE[: 3 + 40 + 4]
    assert found(data) == at
    assert found(data, at) == at
    assert found(data, at + 1) is None


@pytest.mark.parametrize("bit", range(96))
def test_a_header_with_one_wrong_bit_is_none(bit: int) -> None:
    """The CRC tells every single wrong bit."""
    spoiled = bytearray(HEADER)
    spoiled[bit // 8] ^= 1 << bit % 8
    assert found(bytes(spoiled) + bytes(100)) is None


def test_a_unit_that_would_end_behind_the_stream_is_none() -> None:
    """One byte less than the unit needs, and it is not found."""
    data = NOISE[:50] + HEADER + bytes(3 + 40 + 4)
    assert found(data) == 50
    assert found(data[:-1]) is None
    assert found(HEADER[:11]) is None
    assert found(b"") is None


def test_types_are_those_of_the_registry_or_ancillary() -> None:
    """An unknown critical type is no header, an unknown ancillary and a reserved one are."""
    kinds = {
        (1, 0): 1,
        (33, 0): 1,
        (10, 0): 1,
        (34, 0): 0,
        (0xF001, 0): 0,
        (0xF001, 1): 1,
        (0, 0): 0,
    }
    for (code, flags), expected in kinds.items():
        data = np.frombuffer(build_header(code, flags, 0, 0) + bytes(4), np.uint8)
        assert headers_in(data).size == expected, (code, flags)


def test_all_places_are_tried_as_zlib_would() -> None:
    """In many bytes rich in likely headers, those that zlib's CRC confirms are found."""
    data = RANDOM.choice(np.array([0, 1, 3, 7], np.uint8), 200_000)
    for at in (1_000, 77_777, 199_988):
        data[at : at + 12] = np.frombuffer(HEADER, np.uint8)
    raw = data.tobytes()
    slow = [
        at
        for at in range(len(raw) - 11)
        if zlib.crc32(raw[at : at + 8]) == int.from_bytes(raw[at + 8 : at + 12], "little")
    ]
    assert headers_in(data).tolist() == slow == [1_000, 77_777, 199_988]
