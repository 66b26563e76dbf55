"""Walk: what the headers of a stream say where it has no index."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import dombit
from dombit.api import units_of
from dombit.bitstream import index as index_chapter
from dombit.bitstream import registry
from dombit.bitstream.container import read_unit_at
from dombit.bitstream.writer import UnitWriter
from dombit.directory import Units
from dombit.errors import DombitError
from dombit.limits import Limits
from dombit.records import StreamHeader, Unit
from dombit.walk import walk

RANDOM = np.random.default_rng(5)
MODEL = {
    **{f"large.{n}": RANDOM.normal(0, 1, (600, 700)).astype(np.float32) for n in range(3)},
    **{f"small.{n}": RANDOM.normal(0, 1, 9).astype(np.float32) for n in range(40)},
    "stored": RANDOM.integers(0, 1 << 32, 1 << 16, np.uint32),
}
INDEXED = dombit.to_bytes(MODEL, metadata={"k": "v"})
PLAIN = dombit.to_bytes(MODEL, metadata={"k": "v"}, index=False)


def ranges(data: bytes) -> Callable[[int, int], memoryview]:
    """Return the function that reads a stream."""
    return lambda start, size: memoryview(data)[start : start + size]


def with_end(data: bytes) -> bytes:
    """Return a stream whose end unit is kept, but for the size of the stream."""
    body = data[:-20] + bytes(8) + len(data).to_bytes(8, "little")
    return body + zlib.crc32(body[-16:]).to_bytes(4, "little")


def units(data: bytes) -> list[Unit]:
    """Return all units of a stream but index and end."""
    return list(units_of(data, Limits()))


def test_a_walk_finds_what_an_index_says() -> None:
    """Types, sizes, first and count of all units are those of the indexed twin."""
    offset = int.from_bytes(INDEXED[-20:-12], "little")
    unit = read_unit_at(memoryview(INDEXED)[offset:], offset, 1 << 20)
    expected = index_chapter.parse(unit, 1, Limits())
    found = walk(ranges(PLAIN), len(PLAIN), Limits())
    for name in ("unit_type", "unit_size", "first", "count"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist()


def test_a_walk_reads_headers_only() -> None:
    """Segments and stored bytes are passed over."""
    seen: list[int] = []

    def read(start: int, size: int) -> memoryview:
        seen.append(len(part := ranges(PLAIN)(start, size)))
        return part

    found = walk(read, len(PLAIN), Limits())
    assert sum(seen) < 100_000 < len(PLAIN) // 20
    assert len(seen) <= len(found.unit_type) + 1


@pytest.mark.parametrize("kind", ["bytes", "path", "file", "pipe"])
def test_streams_without_index_are_opened(kind: str, tmp_path: Path) -> None:
    """R-DEC-520: whatever holds the stream, tensors are read one by one."""
    (tmp_path / "x").write_bytes(PLAIN)

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    before = io.BytesIO(b"before" + PLAIN)
    before.seek(6)
    sources = {"bytes": PLAIN, "path": tmp_path / "x", "file": before, "pipe": Pipe(PLAIN)}
    with dombit.open(sources[kind]) as stream:
        assert stream.keys() == list(MODEL) and stream.metadata() == {"k": "v"}
        assert stream.model_digest() == dombit.verify(INDEXED).model_digest
        for name, array in MODEL.items():
            assert np.array_equal(stream.get_tensor(name), array)
            assert np.array_equal(stream.get_slice(name)[2:5], array[2:5])


def flipped(data: bytes, at: int) -> bytes:
    """Return a stream with one bit changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def rebuilt(*left_out: int, indexed: bool = False) -> bytes:
    """Return the stream without units of some types; its header may announce an index."""
    writer = UnitWriter()
    parts = [writer.start(StreamHeader(indexed=indexed))]
    for unit in units(PLAIN)[1:]:
        if unit.type not in left_out:
            align = 64 if unit.type == registry.STORED_DATA else 8
            parts += map(bytes, writer.unit(unit.type, bytes(unit.payload), align=align))
    return b"".join([*parts, writer.finish(index=False, model_digests=b"")])


def start_of(data: bytes, kind: int) -> int:
    """Return where the header of the last unit of a type stands."""
    return [unit.start for unit in units(data) if unit.type == kind][-1]


def end_unit(position: int, size: int) -> bytes:
    """Return an end unit that stands at `position`."""
    writer = UnitWriter()
    writer.position = position
    payload = bytes(8) + size.to_bytes(8, "little")
    return b"".join(bytes(part) for part in writer.unit(registry.END, payload))


def two_ends() -> bytes:
    """Return a stream with two end units."""
    return with_end(PLAIN + end_unit(len(PLAIN), 0))


def two_models() -> bytes:
    """Return a stream with two models."""
    first = units(PLAIN)[1].start
    last = start_of(PLAIN, registry.MODEL_END)
    body = PLAIN[first : last + units(PLAIN)[-1].size]
    whole = PLAIN[: first + len(body)] + body
    return with_end(whole + end_unit(len(whole), 0))


def cut() -> bytes:
    """Return a stream whose last segment reaches beyond the end."""
    stop = start_of(PLAIN, registry.SEGMENT) + 40
    return with_end(PLAIN[:stop] + bytes(20))


@pytest.mark.parametrize(
    ("rule", "data"),
    [
        ("R-CON-016", flipped(PLAIN, start_of(PLAIN, registry.SEGMENT) + 4)),
        ("R-CON-017", flipped(PLAIN, start_of(PLAIN, registry.GROUP) + 30)),
        ("R-CON-035", rebuilt(registry.MODEL_END)),
        ("R-CON-035", rebuilt(registry.STRUCTURE)),
        ("R-CON-041", two_models()),
        ("R-CON-043", rebuilt(indexed=True)),
        ("R-CON-045", two_ends()),
        ("R-CON-046", cut()),
        ("R-IDX-009", with_end(INDEXED)),
    ],
)  # fmt: skip
def test_what_a_walk_refuses(rule: str, data: bytes) -> None:
    """Headers that do not lead to the end are refused, with the unit's name."""
    with pytest.raises(DombitError) as caught:
        dombit.open(data)
    assert caught.value.rule == rule
    assert caught.value.unit is not None and caught.value.at is not None


def test_units_are_limited() -> None:
    """A walk goes no further than the caller's limit."""
    with pytest.raises(DombitError) as caught:
        walk(ranges(PLAIN), len(PLAIN), Limits(units=4))
    assert (caught.value.rule, caught.value.unit) == ("R-LIM-007", "units[4]")


@pytest.mark.parametrize("place", [8, 16])
def test_a_damaged_place_of_a_segment_is_integrity(place: int) -> None:
    """`first` and `count` of a segment are believed only once its CRC is checked."""
    segments = [unit for unit in units(PLAIN) if unit.type == registry.SEGMENT]
    for unit in segments[-2:]:
        data = flipped(PLAIN, unit.payload_start + place)
        verdicts = []
        with dombit.open(data) as stream:
            for name, array in MODEL.items():
                try:
                    assert np.array_equal(stream.get_tensor(name), array)
                except DombitError as error:
                    verdicts.append((error.kind, error.unit))
        assert verdicts and set(verdicts) == {("integrity", f"units[{unit.number}]")}


def test_an_index_and_its_announcement_agree() -> None:
    """A header that announces no index, where one is, is refused when the stream is opened."""
    data = bytearray(INDEXED)
    header = Units(INDEXED)
    unit = next(header.read([0]))
    assert data[unit.payload_start + 6] == 1
    data[unit.payload_start + 6] = 0
    stop = unit.payload_start + len(unit.payload)
    data[stop : stop + 4] = zlib.crc32(data[unit.payload_start : stop]).to_bytes(4, "little")
    with pytest.raises(DombitError) as caught:
        dombit.open(bytes(data))
    assert caught.value.rule == "R-CON-042"
