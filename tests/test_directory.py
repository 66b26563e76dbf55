"""Directory: what is read when a stream is opened, and in how many reads."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest

import dombit
from dombit import directory
from dombit.api import units_of
from dombit.bitstream import registry
from dombit.bitstream.container import build_header
from dombit.directory import Units, read_directory
from dombit.errors import DombitError
from dombit.limits import Limits

RANDOM = np.random.default_rng(5)
MODEL = {
    f"layers.{n}.weight": RANDOM.normal(0, 1, (100 + n, 300)).astype(np.float32) for n in range(9)
}
STREAM = dombit.to_bytes(MODEL, metadata={"made": "here"})


class Reads(io.BytesIO):
    """A file that remembers which ranges were read."""

    def __init__(self, data: bytes) -> None:
        """Start with none."""
        super().__init__(data)
        self.ranges: list[tuple[int, int]] = []

    def read(self, size: int | None = -1) -> bytes:
        """Read, and remember where."""
        at, data = self.tell(), super().read(size)
        if data:
            self.ranges.append((at, at + len(data)))
        return data


def test_units_are_those_of_the_stream() -> None:
    """Units that are found by the index are those that a walk from the start finds."""
    units = Units(STREAM)
    rows = list(range(units.index.unit_type.size))
    found = [(unit.type, unit.start, bytes(unit.payload)) for unit in units.read(rows)]
    walked = units_of(STREAM, Limits())
    assert found == [(unit.type, unit.start, bytes(unit.payload)) for unit in walked]
    assert list(units.read([])) == []


@pytest.mark.parametrize(("most", "reads"), [(1 << 18, 1), (1, 3)])
def test_small_neighbours_are_read_at_once(
    monkeypatch: pytest.MonkeyPatch, most: int, reads: int
) -> None:
    """Units within the bound cost one read, beyond it one each; a read goes no further."""
    file = Reads(STREAM)
    units = Units(file)
    monkeypatch.setattr(directory, "ONE_READ", most)
    del file.ranges[:]
    assert len(list(units.read([0, 1, 2]))) == 3
    assert len(file.ranges) == reads
    assert file.ranges[0][0] == 12 and file.ranges[-1][1] == units.stop(2)


def test_the_tail_is_read_once() -> None:
    """What the first read holds costs no other; the directory of a small stream none at all."""
    file = Reads(STREAM)
    units = Units(file)
    assert file.ranges == [(len(STREAM) - directory.TAIL_READ, len(STREAM))]
    last = units.rows(registry.MODEL_END)
    assert next(units.read(last)).type == registry.MODEL_END
    assert len(file.ranges) == 1

    small = dombit.to_bytes({"w": np.arange(5)})
    file = Reads(small)
    found = read_directory(Units(file))
    assert [tensor.name for tensor in found.structure.tensors] == ["w"]
    assert file.ranges == [(0, len(small))]


def test_the_directory_says_what_the_stream_says() -> None:
    """Names, shapes, metadata, level and digest come without any group."""
    found = read_directory(Units(dombit.to_bytes(MODEL, metadata={"made": "here"}, level=2)))
    assert [tensor.name for tensor in found.structure.tensors] == list(MODEL)
    assert [tensor.shape for tensor in found.structure.tensors] == [a.shape for a in MODEL.values()]
    assert (found.metadata, found.level) == ({"made": "here"}, 2)
    assert found.end.model_digest.hex() == dombit.verify(STREAM).model_digest
    assert read_directory(Units(dombit.to_bytes(MODEL))).metadata == {}


@pytest.mark.parametrize("size", [0, 5, 12, 19, 4000, 1 << 17])
def test_what_is_no_stream_is_told_as_that(size: int) -> None:
    """Other bytes are not-dombit, whatever their number; a beginning of one is truncated."""
    for junk in (b"\x80" * size, STREAM[:7] + b"\n" * size):
        with pytest.raises(DombitError) as caught:
            dombit.open(io.BytesIO(junk))
        begins = STREAM.startswith(junk)
        assert caught.value.kind == ("truncated" if begins else "not-dombit")
        assert caught.value.unit == ("end" if begins else "signature")


def test_a_cut_stream_is_refused_at_its_end() -> None:
    """The last twenty bytes are no end unit: the unit is named."""
    with pytest.raises(DombitError) as caught:
        Units(STREAM[:-1])
    assert (caught.value.stage, caught.value.unit) == ("container", "end")


def test_a_damaged_index_is_named() -> None:
    """A fault in the header or the payload of the index names it, and where it lies."""
    start = int.from_bytes(STREAM[-20:-12], "little")
    for at in (start, start + 20):
        data = bytearray(STREAM)
        data[at] ^= 1
        with pytest.raises(DombitError) as caught:
            Units(bytes(data))
        assert (caught.value.kind, caught.value.unit) == ("integrity", "index")
        assert caught.value.at is not None and caught.value.at >= start


@pytest.mark.parametrize("size", [0, 5, 12, 19, 40, 400])
def test_short_files_are_refused(size: int) -> None:
    """A file that is too short to end as a stream does is no stream; no other exception."""
    with pytest.raises(DombitError) as caught:
        dombit.open(STREAM[:size])
    assert caught.value.stage == "container"


@pytest.mark.parametrize("place", ["offset", "size"])
def test_an_end_that_lies_is_refused(place: str) -> None:
    """An index offset or a file size in the end unit that is not the true one is refused."""
    data = bytearray(STREAM)
    at = len(data) - (20 if place == "offset" else 12)
    value = int.from_bytes(data[at : at + 8], "little")
    for wrong in (value + 8, value - 8, 1 << 60, 13):
        data[at : at + 8] = wrong.to_bytes(8, "little")
        data[-4:] = zlib.crc32(data[-20:-4]).to_bytes(4, "little")
        with pytest.raises(DombitError) as caught:
            dombit.open(bytes(data))
        assert caught.value.stage == "container"


@pytest.mark.parametrize("kind", [registry.STRUCTURE, registry.GROUP, 0xF123])
def test_an_end_that_names_another_unit_is_refused(kind: int) -> None:
    """Where index_offset leads to a unit that is no index, of a known type or not."""
    if kind == 0xF123:
        header = build_header(kind, 1, 0, 4)  # unknown, ancillary
        start = len(STREAM) - len(STREAM) % 8 + 4
        unknown = header + bytes(4) + zlib.crc32(bytes(4)).to_bytes(4, "little")
        data = STREAM.ljust(start, b"\0") + unknown + bytes(20)
    else:
        start = next(unit.start for unit in units_of(STREAM, Limits()) if unit.type == kind)
        data = STREAM
    end = start.to_bytes(8, "little") + len(data).to_bytes(8, "little")
    lying = data[:-20] + end + zlib.crc32(end).to_bytes(4, "little")
    with pytest.raises(DombitError) as caught:
        dombit.open(lying)
    assert (caught.value.rule, caught.value.unit) == ("R-IDX-009", "index")
    assert caught.value.at == start
