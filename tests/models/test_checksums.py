"""CRC-32 of ranges, from the CRCs of prefixes."""

from __future__ import annotations

import itertools
import zlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dombit.models.checksums import range_checksums


@given(st.binary(max_size=300), st.data())
def test_ranges_have_the_checksums_of_zlib(data: bytes, draw: st.DataObject) -> None:
    """Any ranges, overlapping or empty, of a file in any parts, have zlib's CRC-32."""
    places = st.integers(0, len(data))
    ranges = [sorted(pair) for pair in draw.draw(st.lists(st.tuples(places, places), max_size=6))]
    cuts = [0, *sorted(draw.draw(st.lists(places, max_size=4))), len(data)]
    parts = [data[a:b] for a, b in itertools.pairwise(cuts)]
    firsts = np.array([a for a, _ in ranges], np.int64)
    lengths = np.array([b - a for a, b in ranges], np.int64)
    expected = [zlib.crc32(data[a:b]) for a, b in ranges]
    assert range_checksums(parts, firsts, lengths).tolist() == expected


def test_many_overlapping_ranges_are_one_pass() -> None:
    """A hundred thousand ranges over a megabyte do not cost a hundred gigabytes."""
    data = np.arange(1 << 20, dtype=np.uint8)
    firsts = np.arange(100_000, dtype=np.int64)
    lengths = np.full(100_000, 900_000, np.int64)
    values = range_checksums([data], firsts, lengths)
    assert values[-1] == zlib.crc32(data[99_999:999_999])
