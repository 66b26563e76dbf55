"""Scan: it finds what a decoder finds, tells of every byte, and goes on."""

from __future__ import annotations

import io
import random
import tracemalloc
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

import dombit
from dombit import api
from dombit.errors import DombitError, RootMissing
from dombit.events import DigestRead, Event, FaultFound, SpanRead, TensorRead, UnitRead
from dombit.limits import Limits
from dombit.scan import scan
from dombit.trace import FieldRead

VECTORS = Path(__file__).parents[1] / "conformance" / "vectors"
FOLDERS = sorted(path.name for path in VECTORS.iterdir())


def events_of(stream: object, *, verify: bool = False, limits: Limits | None = None) -> list[Event]:
    """Return all events."""
    events: list[Event] = []
    scan(stream, events.append, verify=verify, limits=limits)
    return events


def faults_of(stream: object, *, verify: bool = False) -> list[tuple[object, ...]]:
    """Return kind, stage, rule and place of all faults."""
    events = events_of(stream, verify=verify)
    return [place_of(event.error) for event in events if isinstance(event, FaultFound)]


def place_of(error: DombitError) -> tuple[object, ...]:
    """Return what of an error the text fixes, and where it is."""
    return error.kind, error.stage, error.rule, error.at, error.unit


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_first_fault_is_the_decoder_s(folder: str) -> None:
    """On every vector: with verify always; without, where symbols need not be decoded for it."""
    paths = sorted((VECTORS / folder).glob("*.dombit"))
    assert paths
    for path in paths:
        try:
            api.verify(path)
            wanted = None
        except DombitError as error:
            wanted = place_of(error)
        except RootMissing:  # the decoder goes no further than the structure; the scan does
            assert events_of(path, verify=True)
            continue
        first = (*faults_of(path, verify=True), None)[0]
        assert first == wanted, path.name
        parsed = faults_of(path)
        assert not parsed or parsed[0] == wanted, path.name


def test_most_bad_vectors_show_without_decoding() -> None:
    """Faults of container, structure and parameters need no symbols."""
    bad = [path for path in VECTORS.rglob("*.dombit") if faults_of(path, verify=True)]
    shown = [path for path in bad if faults_of(path)]
    assert len(shown) > 0.75 * len(bad) > 150


def model() -> dict[str, np.ndarray]:
    """Return a model with tensors of several codings."""
    generator = np.random.default_rng(5)
    return {
        "weight": generator.normal(0, 0.1, (300, 200)).astype(np.float32),
        "bias": np.zeros(300, np.float32),
        "ids": np.arange(1000, dtype=np.int64).reshape(10, 100),
        "noise": generator.integers(0, 256, 70_000, np.uint8),
    }


@pytest.fixture(scope="module")
def stream() -> bytes:
    """Give a lossless stream of it."""
    return dombit.to_bytes(model())


def times_told(events: Iterable[Event], size: int) -> set[int]:
    """Return how often the bytes of a stream are told; fields that share a byte tell it once."""
    told = np.zeros(size, np.int64)
    for event in events:
        if isinstance(event, FieldRead) and event.inflated is None:
            shared = event.bit is not None and event.bit[0] % 8 > 0
            told[event.start + shared : event.stop] += 1
    return set(told.tolist())


@pytest.mark.parametrize("verify", [False, True])
def test_every_byte_is_told_once(stream: bytes, verify: bool) -> None:
    """Fields that are not inflated tile the stream."""
    assert times_told(events_of(stream, verify=verify), len(stream)) == {1}


def test_literal_bytes_are_told_as_well(demo_model: Path) -> None:
    """Those of a skeleton, by scan and by the decoder's own trace, deflated or not."""
    for deflate in (False, True):
        data = dombit.to_bytes(demo_model, deflate=deflate)
        fields: list[FieldRead] = []
        api.inspect(data, fields.append)
        assert times_told(events_of(data), len(data)) == {1}
        assert times_told(fields, len(data)) == {1}


def test_facts_agree_with_the_model(stream: bytes) -> None:
    """Tensors, the elements that groups hold of them, and their digests."""
    events, source = events_of(stream), model()
    tensors = {event.number: event for event in events if isinstance(event, TensorRead)}
    assert {t.name: t.shape for t in tensors.values()} == {k: v.shape for k, v in source.items()}
    held = dict.fromkeys(tensors, 0)
    for event in events:
        if isinstance(event, SpanRead):
            held[event.number] += event.elements
            assert event.dtype == tensors[event.number].dtype
    assert {tensors[n].name: count for n, count in held.items()} == {
        name: value.size for name, value in source.items()
    }
    digests = {event.number: event.digest for event in events if isinstance(event, DigestRead)}
    if digests:
        decoded = api.decode_stream(stream)
        assert digests == decoded.digests


def test_steps_are_the_smallest_and_the_greatest() -> None:
    """Of a uniform tensor; there are none elsewhere."""
    data = dombit.to_bytes(model(), step=0.01)
    spans = [event for event in events_of(data) if isinstance(event, SpanRead)]
    uniform = [span for span in spans if span.coding == "uniform"]
    assert uniform
    assert all((span.steps != ()) == (span.coding == "uniform") for span in spans)
    for span in uniform:
        least, most = (mantissa * 2.0**exponent for mantissa, exponent in span.steps)
        assert 0.009 < least <= most < 0.011


@pytest.mark.parametrize("verify", [False, True])
def test_a_pipe_a_file_and_bytes_give_the_same(stream: bytes, tmp_path: Path, verify: bool) -> None:
    """Whatever gives the bytes, the events are equal."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self._rest = io.BytesIO(stream)

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            return self._rest.read(size)

    path = tmp_path / "model.dombit"
    path.write_bytes(stream)
    whole = [repr(event) for event in events_of(stream, verify=verify)]
    for source in (path, io.BytesIO(stream), Pipe()):
        assert [repr(event) for event in events_of(source, verify=verify)] == whole


def test_verify_decodes(stream: bytes) -> None:
    """A wrong symbol with a right CRC shows with verify only, and later units are still read."""
    events = events_of(stream)
    words = next(e for e in events if isinstance(e, FieldRead) and e.path.endswith("segment.words"))
    unit = next(e for e in events if isinstance(e, UnitRead) and e.start < words.start < e.stop)
    data = bytearray(stream)
    data[words.start + 3] ^= 64
    crc = zlib.crc32(data[unit.payload_start : unit.payload_stop])
    data[unit.payload_stop : unit.payload_stop + 4] = crc.to_bytes(4, "little")
    assert faults_of(bytes(data)) == []
    (fault,) = faults_of(bytes(data), verify=True)
    assert fault[4] == f"units[{unit.number}]"
    again = [event for event in events_of(bytes(data), verify=True) if isinstance(event, UnitRead)]
    assert [u.name for u in again] == [e.name for e in events if isinstance(e, UnitRead)]


def test_limits_are_faults_and_the_rest_is_read(stream: bytes) -> None:
    """Without a structure, groups still give their fixed part and their directory."""
    events = events_of(stream, limits=Limits(output_bytes=1000))
    rules = [event.error.rule for event in events if isinstance(event, FaultFound)]
    assert rules == ["R-LIM-002"]
    paths = {event.path.partition(".")[2] for event in events if isinstance(event, FieldRead)}
    assert {"group.coding", "group.columns.tables", "segment.words", "end.file_size"} <= paths
    assert not [event for event in events if isinstance(event, SpanRead | TensorRead)]


def test_memory_does_not_grow_with_the_stream(tmp_path: Path) -> None:
    """A stream with 40 MiB of stored bytes is scanned with a few; the same fields are told."""
    noise = np.random.default_rng(1).integers(0, 256, 40 << 20, np.uint8)
    path = tmp_path / "noise.dombit"
    dombit.encode({"noise": noise, "ones": np.ones(5, np.float32)}, path)
    assert path.stat().st_size > noise.nbytes
    count = [0]

    def take(_event: Event) -> None:
        count[0] += 1

    tracemalloc.start()
    scan(path, take)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6 << 20
    assert count[0] == len(events_of(path, verify=True))


@pytest.mark.parametrize("seed", range(40))
def test_no_bytes_make_it_raise(seed: int) -> None:
    """Vectors with wrong bytes and right CRCs: faults are told, never raised, all bytes seen."""
    generator = random.Random(seed)  # noqa: S311 - no secret
    data = bytearray(generator.choice(sorted(VECTORS.rglob("*.dombit"))).read_bytes())
    units = [event for event in events_of(bytes(data)) if isinstance(event, UnitRead)]
    for unit in generator.sample(units, min(2, len(units))):
        for _ in range(generator.randint(1, 3)):
            span = (unit.payload_start, unit.payload_stop)
            at = generator.randrange(*span) if span[0] < span[1] else unit.start
            data[at] = generator.choice((0, 1, 255, generator.randrange(256)))
        crc = zlib.crc32(data[unit.payload_start : unit.payload_stop])
        data[unit.payload_stop : unit.payload_stop + 4] = crc.to_bytes(4, "little")
    for verify in (False, True):
        events = events_of(bytes(data), verify=verify)
        ends = [e.stop for e in events if isinstance(e, UnitRead) and not e.short]
        ends += [e.stop for e in events if isinstance(e, FieldRead) and e.inflated is None]
        assert max(ends, default=0) == len(data)
