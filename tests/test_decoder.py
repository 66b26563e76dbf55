"""Decoder: orders of units that only a caller without the reader can give, and faults in order."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import dombit
from dombit.api import units_of
from dombit.bitstream import group as group_chapter
from dombit.bitstream import registry
from dombit.decoder import decode_units
from dombit.errors import DombitError
from dombit.layout import lay_out
from dombit.limits import LEVELS, Limits
from dombit.records import Unit
from dombit.trace import FieldRead

RANDOM = np.random.default_rng(3)
MODEL = {
    "coded": RANDOM.normal(0, 0.02, (60, 50)).astype(np.float32),
    "stored": RANDOM.integers(0, 1 << 32, 64, np.uint32),
    "whole": np.arange(40, dtype=np.int64),
}


def units(**settings: Any) -> list[Unit]:
    """Return the units of a small stream with a coded and a stored group."""
    return list(units_of(dombit.to_bytes(MODEL, **settings), Limits()))


def of_type(every: list[Unit], kind: int) -> list[Unit]:
    """Return the units of one type."""
    return [unit for unit in every if unit.type == kind]


def without_segments(every: list[Unit]) -> list[Unit]:
    """Put a segment behind a stored group."""
    group = of_type(every, registry.GROUP)
    stored = of_type(every, registry.STORED_DATA)[0]
    before = [unit for unit in group if unit.number < stored.number][-1]
    segment = of_type(every, registry.SEGMENT)[0]
    return [*every[: every.index(before) + 1], segment]


def stored_in_coded(every: list[Unit]) -> list[Unit]:
    """Put stored bytes behind a coded group."""
    segment = of_type(every, registry.SEGMENT)[0]
    return [*every[: every.index(segment)], of_type(every, registry.STORED_DATA)[0]]


@pytest.mark.parametrize(
    ("rule", "arrange"),
    [
        ("R-DEC-050", lambda every: every[:1]),
        ("R-DEC-053", lambda every: [every[0], every[-1]]),
        ("R-DEC-051", without_segments),
        ("R-DEC-052", stored_in_coded),
    ],
)
def test_units_out_of_order_are_refused(
    rule: str, arrange: Callable[[list[Unit]], list[Unit]]
) -> None:
    """The decoder keeps the order by itself, whoever gives it units."""
    with pytest.raises(DombitError) as verdict:
        decode_units(arrange(units()), Limits())
    assert verdict.value.rule == rule


def test_rows_outside_the_tensor_are_refused() -> None:
    """A group record whose rows leave its tensor has no layout."""
    decoded = decode_units(units(), Limits())
    unit = of_type(units(), registry.GROUP)[0]
    group = group_chapter.parse(unit, decoded.structure, LEVELS[1])
    with pytest.raises(DombitError) as verdict:
        lay_out(replace(group, first_row=10**6), decoded.structure)
    assert verdict.value.rule == "R-GRP-050"


def test_the_first_fault_is_reported() -> None:
    """A wrong end state in a segment is told before a fault in a unit behind it."""
    every = units()
    segment = of_type(every, registry.SEGMENT)[0]
    payload = bytearray(segment.payload)
    payload[-1] ^= 1
    payload[24 + 4] ^= 1
    broken = [
        replace(unit, payload=memoryview(bytes(payload))) if unit is segment else unit
        for unit in every
    ]
    last = broken[-1]
    broken[-1] = replace(last, payload=memoryview(bytes(len(last.payload))))
    with pytest.raises(DombitError) as verdict:
        decode_units(broken, Limits())
    assert verdict.value.stage == "segment"


def test_a_trace_covers_every_byte_once() -> None:
    """The leaf fields of a stream lie side by side from its first byte to its last."""
    data = dombit.to_bytes(MODEL, metadata={"k": "v"})
    events: list[FieldRead] = []
    dombit.inspect(data, events.append)
    places = sorted(
        (event.start, event.stop)
        for event in events
        if event.inflated is None and event.stop > event.start
    )
    assert places[0][0] == 0 and places[-1][1] == len(data)
    assert all(first[1] == second[0] for first, second in pairwise(places))


@pytest.mark.parametrize("engine", ["numpy", "numba"])
@pytest.mark.parametrize("jobs", [1, 3])
def test_engines_and_threads_agree(engine: Any, jobs: int) -> None:
    """NumPy and numba, one thread or several, write the same bytes and read the same model."""
    pytest.importorskip("numba")
    big = {"w": RANDOM.normal(0, 1, (700, 1000)).astype(np.float32), **MODEL}
    expected = dombit.to_bytes(big, snr=20, engine="numpy", jobs=1)
    assert dombit.to_bytes(big, snr=20, engine=engine, jobs=jobs) == expected
    back = dombit.decode(expected, engine=engine, jobs=jobs)
    plain = dombit.decode(io.BytesIO(expected), engine="numpy", jobs=1)
    assert all(np.array_equal(back[name], plain[name]) for name in big)
