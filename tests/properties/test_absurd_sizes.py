"""Absurd sizes in whole streams: refused at once, in little memory, with a typed error."""

from __future__ import annotations

import time
import tracemalloc
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import dombit
from dombit.api import units_of
from dombit.bitstream import registry
from dombit.bitstream import structure as structure_chapter
from dombit.bitstream.writer import UnitWriter
from dombit.errors import DombitError
from dombit.limits import Limits
from dombit.records import StreamHeader, Structure, Tensor, Unit

F32 = dombit.api.decode_stream(dombit.to_bytes({"x": np.zeros(3, np.float32)})).structure.tensors[0]
SMALL = {"w": np.random.default_rng(4).normal(0, 1, (30, 40)).astype(np.float32)}
MEBI = 1 << 20


def stream_of(units: Sequence[tuple[int, bytes]], *, deflate: bool = True) -> bytes:
    """Return a stream of these units behind a header, without index."""
    writer = UnitWriter()
    parts = [writer.start(StreamHeader(indexed=False))]
    for kind, payload in units:
        parts += [bytes(chunk) for chunk in writer.unit(kind, payload, deflate=deflate)]
    parts.append(writer.finish(index=False, model_digests=b""))
    return b"".join(parts)


def structure_of(tensors: Sequence[Tensor], *, has_skeleton: bool = False) -> bytes:
    """Return the payload of a structure unit that tells the truth about its tensors."""
    return structure_chapter.build(
        Structure(
            tensors=tuple(tensors),
            coded_order=np.arange(len(tensors)),
            output_bytes=sum(tensor.byte_size for tensor in tensors),
            has_skeleton=has_skeleton,
        )
    )


def units_of_small() -> list[Unit]:
    """Return the units of a small stream."""
    return list(units_of(dombit.to_bytes(SMALL, deflate=False), Limits()))


def changed(kind: int, place: int, value: int, width: int) -> Callable[[], bytes]:
    """Return what makes a small stream with one field of a unit's fixed part changed."""

    def make() -> bytes:
        out = []
        for unit in units_of_small()[1:]:
            payload = bytearray(unit.payload)
            if unit.type == kind:
                payload[place : place + width] = value.to_bytes(width, "little")
            out.append((unit.type, bytes(payload)))
        return stream_of(out, deflate=False)

    return make


def of_shape(*shape: int) -> Callable[[], bytes]:
    """Return what makes a stream of one tensor of a shape, and nothing in it."""
    return lambda: stream_of([(registry.STRUCTURE, structure_of([replace(F32, shape=shape)]))])


def bomb() -> bytes:
    """Return a stream whose skeleton says 64 MiB, and inflates to twice as many zeros."""
    packer = zlib.compressobj(9, wbits=-15)
    packed = b"".join(packer.compress(bytes(MEBI)) for _ in range(128)) + packer.flush()
    writer = UnitWriter()
    parts = [writer.start(StreamHeader(indexed=False))]
    structure = structure_of([replace(F32, shape=(2,))], has_skeleton=True)
    parts += [bytes(chunk) for chunk in writer.unit(registry.STRUCTURE, structure)]
    payload = (64 * MEBI).to_bytes(4, "little") + packed
    pad = -(writer.position + 12) % 8
    head = registry.SKELETON.to_bytes(2, "little") + bytes([2, pad])
    head += len(payload).to_bytes(4, "little")
    parts += [head, zlib.crc32(head).to_bytes(4, "little"), bytes(pad)]
    return b"".join([*parts, payload, zlib.crc32(payload).to_bytes(4, "little")])


STREAMS: dict[str, Callable[[], bytes]] = {
    "2^47 elements": of_shape((1 << 47) - 1),
    "2^31 bytes over the limit": of_shape(1 << 20, 1 << 10),
    "tensors, by count only": changed(registry.STRUCTURE, 4, 10**9, 4),
    "output_bytes": changed(registry.STRUCTURE, 8, 1 << 52, 8),
    "no output_bytes": changed(registry.STRUCTURE, 8, (1 << 64) - 1, 8),
    "members of a group": changed(registry.GROUP, 4, (1 << 32) - 1, 4),
    "rows of a group": changed(registry.GROUP, 8, 1 << 52, 8),
    "segments of a group": changed(registry.GROUP, 24, (1 << 32) - 1, 4),
    "words of a segment": changed(registry.SEGMENT, 4, (1 << 32) - 1, 4),
    "symbols of a segment": changed(registry.SEGMENT, 16, 1 << 52, 8),
    "lanes of a segment": changed(registry.SEGMENT, 2, 16, 1),
    "tensors of a model end": changed(registry.MODEL_END, 32, (1 << 32) - 1, 4),
    "a bomb": bomb,
}


@pytest.mark.parametrize("name", STREAMS)
def test_absurd_sizes(name: str) -> None:
    """A small stream that claims much costs neither seconds nor more than 64 MiB."""
    data = STREAMS[name]()
    assert len(data) < 2 * MEBI
    began = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(DombitError) as verdict:
            dombit.decode(data, engine="numpy", jobs=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert verdict.value.kind in {"limit-exceeded", "malformed", "forbidden-value"}
    assert peak < (64 + 4 if name == "a bomb" else 4) * MEBI + 2 * len(data)
    assert time.process_time() - began < 5


def test_dimensions_beyond_the_format() -> None:
    """A dimension of 2^48, and 2^56 bits, are forbidden whatever the caller allows."""
    for shape in ((1 << 48,), (1 << 31, 1 << 20), (0, 1 << 48)):
        with pytest.raises(DombitError) as verdict:
            dombit.decode(of_shape(*shape)(), limits=Limits(output_bytes=1 << 60))
        assert (verdict.value.kind, verdict.value.stage) == ("forbidden-value", "structure")


def test_a_limit_that_is_raised_lets_more_through() -> None:
    """The same stream decodes where the caller allows its output."""
    array = np.full((1 << 12, 1 << 8), 2.0, np.float32)
    data = dombit.to_bytes({"w": array})
    wanted: dict[str, Any] = {"limits": Limits(output_bytes=array.nbytes)}
    assert np.array_equal(dombit.decode(data, **wanted)["w"], array)
    with pytest.raises(DombitError):
        dombit.decode(data, limits=Limits(output_bytes=array.nbytes - 1))


@pytest.mark.parametrize("name", [name for name in STREAMS if "2^" not in name])
def test_absurd_counts_under_wide_limits(name: str) -> None:
    """Where the caller allows any number of tensors, counts that no byte pays for cost nothing.

    A column of one element stands for all rows, a billion tensors here.
    """
    data = STREAMS[name]()
    wide = Limits(output_bytes=1 << 40, tensors=1 << 40, units=1 << 40)
    began = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(DombitError) as verdict:
            dombit.decode(data, limits=wide, engine="numpy", jobs=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert verdict.value.rule.startswith("R-") and verdict.value.stage
    assert peak < (64 + 4 if name == "a bomb" else 4) * MEBI + 2 * len(data)
    assert time.process_time() - began < 5
