"""Decoder: orders of units that only a caller without the reader can give, and faults in order."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from conformance.make.floats import f32
from conformance.make.stream import build_stream

import dombit
from dombit.api import units_of
from dombit.bitstream import group as group_chapter
from dombit.bitstream import registry
from dombit.bitstream.reader import UnitReader
from dombit.bitstream.writer import UnitWriter
from dombit.decoder import decode_units
from dombit.errors import DombitError
from dombit.layout import lay_out
from dombit.limits import LEVELS, Limits
from dombit.records import StreamHeader, Unit
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


def traced(data: bytes) -> list[FieldRead]:
    """Return the events of a stream."""
    events: list[FieldRead] = []
    dombit.inspect(data, events.append)
    return events


def bits_told(events: list[FieldRead]) -> list[tuple[int, int]]:
    """Return the places of the fields that stand in the stream itself, in bits, sorted."""
    return sorted(
        (8 * event.start + event.bit[0], 8 * event.start + event.bit[1])
        if event.bit
        else (8 * event.start, 8 * event.stop)
        for event in events
        if event.inflated is None and event.stop > event.start
    )


WIDE = {
    **MODEL,
    "odd": RANDOM.normal(0, 0.02, (9, 13)).astype(np.float16),
    "zeros": (RANDOM.integers(-40, 40, (30, 41)) / 8).astype(np.float32),
    "signed": RANDOM.integers(-3000, 3000, 4001).astype(np.int32),
    "ids": (RANDOM.normal(0, 1, 3000) ** 8).astype(np.uint16),
    "halves": RANDOM.integers(-(1 << 40), 1 << 40, 900),
    "large": RANDOM.normal(0, 0.02, (700, 1000)).astype(np.float32),
}


@pytest.mark.parametrize("settings", [{}, {"snr": 20}, {"level": 2}, {"index": False}])
def test_a_trace_covers_every_byte_once(settings: dict[str, Any]) -> None:
    """The leaf fields of a stream lie side by side from its first bit to its last."""
    data = dombit.to_bytes(WIDE, metadata={"k": "v"}, **settings)
    places = bits_told(traced(data))
    assert places[0][0] == 0 and places[-1][1] == 8 * len(data)
    assert all(first[1] == second[0] for first, second in pairwise(places))


def test_a_trace_is_in_file_order() -> None:
    """All fields of a unit come before those of the next one."""
    numbers = [
        int(event.path[6:].partition("]")[0])
        for event in traced(dombit.to_bytes(WIDE))
        if event.path.startswith("units[")
    ]
    assert numbers == sorted(numbers)


def test_a_tail_is_told_by_its_parts() -> None:
    """Raw fields a row, side bits and pad bits, as the maker of the stream laid them."""
    model = f32.model()
    built = build_stream(model)
    tail = [event for event in traced(built.data) if "raw_fields" in event.path]
    start, stop = built.marks["segment.raw"]
    assert (min(e.start for e in tail), max(e.stop for e in tail)) == (start, stop)
    assert tail[0].meaning == f"Row 0 of {model.tensors[0].name!r}."
    sides = [event for event in traced(built.data) if "side_bits" in event.path]
    start, stop = built.marks["segment.side"]
    assert (sides[0].start, sides[-1].stop) == (start, stop)


def test_a_tail_that_cannot_be_read_is_one_field() -> None:
    """Where the tokens are damaged the trace shows the tail all the same, then the error."""
    model = f32.model()

    def change(old: bytes) -> bytes:
        return bytes([old[0] ^ 1]) + old[1:]

    built = build_stream(model, {"segment.states": change})
    events: list[FieldRead] = []
    with pytest.raises(DombitError):
        dombit.inspect(built.data, events.append)
    last = events[-1]
    assert last.path.endswith(".tail")
    assert (last.start, last.stop) == (
        built.marks["segment.raw"][0],
        built.marks["segment.side"][1],
    )


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


def flipped(data: bytes, unit: Unit) -> bytes:
    """Return a stream in which the payload of a unit does not match its CRC."""
    changed = bytearray(data)
    changed[unit.payload_start] ^= 1
    return bytes(changed)


@pytest.mark.parametrize("fault", ["segment.raw", "segment.side", "segment.states"])
def test_a_late_fault_names_its_own_unit(fault: str) -> None:
    """A fault that shows when a batch is decoded is told with the unit that holds the segment."""
    model = f32.model()
    model.groups[0].cuts = [3, len(model.tensors[0].bits) - 3]

    def change(old: bytes) -> bytes:
        return bytes([old[0] ^ 1]) + old[1:] if fault == "segment.states" else bytes(old) + b"\0"

    built = build_stream(model, {fault: change})
    with pytest.raises(DombitError) as verdict:
        dombit.decode(built.data)
    assert verdict.value.unit == "units[3]" and verdict.value.at == built.marks["segment"][0]
    assert verdict.value.stage == "segment"


def test_stored_bits_come_before_the_next_unit() -> None:
    """Unused bits of a stored tensor are told before a broken CRC of the unit behind it."""
    model = {"t": RANDOM.integers(0, 16, 65).astype(ml_dtypes.uint4)}
    every = list(units_of(dombit.to_bytes(model, index=False), Limits()))
    (stored,) = of_type(every, registry.STORED_DATA)
    payload = bytearray(stored.payload)
    payload[-1] |= 0x10
    writer = UnitWriter()
    parts = [writer.start(StreamHeader(indexed=False))]
    for unit in every[1:]:
        content = bytes(payload) if unit is stored else bytes(unit.payload)
        align = 64 if unit is stored else 8
        parts += [bytes(chunk) for chunk in writer.unit(unit.type, content, align=align)]
    data = b"".join([*parts, writer.finish(index=False, model_digests=b"")])
    last = of_type(list(units_of(data, Limits())), registry.MODEL_END)[0]
    for stream in (data, flipped(data, last)):
        with pytest.raises(DombitError) as verdict:
            dombit.decode(stream)
        assert (verdict.value.rule, verdict.value.tensor) == ("R-SEG-043", "t")
        assert verdict.value.unit == f"units[{stored.number}]"


@pytest.mark.parametrize("kind", [registry.GROUP, registry.SEGMENT, registry.MODEL_END])
@pytest.mark.parametrize("size", [1, 13, 5000])
def test_a_fault_does_not_depend_on_pieces(kind: int, size: int) -> None:
    """A broken stream is refused for the same reason, at the same place, however it is cut."""
    data = dombit.to_bytes(MODEL)
    broken = flipped(data, of_type(list(units_of(data, Limits())), kind)[-1])

    def verdict(stream: Any) -> tuple[Any, ...]:
        with pytest.raises(DombitError) as caught:
            decode_units(stream, Limits())
        return caught.value.rule, caught.value.kind, caught.value.at, caught.value.unit

    def pieces() -> Iterator[Unit]:
        reader = UnitReader(Limits())
        for at in range(0, len(broken), size):
            reader.feed(broken[at : at + size])
            yield from reader.units()
        reader.finish()

    assert verdict(pieces()) == verdict(units_of(broken, Limits()))
