"""Streams: any chunking gives the same units, every prefix is truncated, order is kept."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dombit.bitstream import (
    container,
    group,
    header,
    index,
    metadata,
    model_end,
    segment,
    skeleton,
    structure,
)
from dombit.bitstream import registry as types
from dombit.bitstream.reader import UnitReader
from dombit.bitstream.source import of_unit
from dombit.bitstream.writer import UnitWriter
from dombit.errors import DombitError
from dombit.limits import LEVELS, Limits
from dombit.records import End, Index, Segment, StreamHeader, Unit
from dombit.signature import SIGNATURE
from dombit.trace import FieldRead, Trace, no_trace

PARSERS: dict[int, Any] = {
    types.HEADER: lambda unit, _, trace: header.parse(unit, trace),
    types.METADATA: lambda unit, _, trace: metadata.parse(unit, Limits(), trace),
    types.STRUCTURE: lambda unit, _, trace: structure.parse(unit, Limits(), trace),
    types.SKELETON: lambda unit, model, trace: skeleton.parse(unit, model, Limits(), trace),
    types.GROUP: lambda unit, model, trace: group.parse(unit, model, LEVELS[1], trace),
    types.SEGMENT: lambda unit, _, trace: segment.parse(unit, LEVELS[1], trace),
    types.MODEL_END: model_end.parse,
}
Piece = tuple[int, bytes] | tuple[int, bytes, dict[str, Any]]


def read(data: bytes, sizes: Iterable[int] = (), trace: Trace = no_trace) -> list[Unit]:
    """Return the units of a stream that is fed in chunks of the given sizes, the rest at once."""
    reader = UnitReader(Limits(), trace)
    units, position = [], 0
    for size in (*sizes, len(data)):
        reader.feed(data[position : position + size])
        units += reader.units()
        position += size
    reader.finish()
    return units


def parse_all(lab: Any, data: bytes, trace: Trace = no_trace) -> list[Any]:
    """Return the record of every unit, each parsed before the next one is read."""
    reader = UnitReader(Limits(), trace)
    reader.feed(data)
    records: list[Any] = []
    for unit in reader.units():
        if unit.type in PARSERS:
            record = PARSERS[unit.type](unit, lab.structure, trace)
            records.append(record)
            if isinstance(record, Segment) and record.tail:  # what follows is the decoder's to tell
                size = record.tail_start + len(record.tail)
                of_unit(unit, trace).tell("tail", record.tail_start, size, None)
        else:
            of_unit(unit, trace).tell("bytes", 0, len(unit.payload), len(unit.payload))
            records.append(bytes(unit.payload))
    reader.finish()
    return [*records, reader.index, reader.end]


def write(lab: Any, pieces: Iterable[Piece], *, indexed: bool = False, **more: Any) -> bytes:
    """Return a stream of a header and these units, with index and end unless told otherwise."""
    writer = UnitWriter()
    parts: list[Any] = [writer.start(StreamHeader(indexed=indexed, **more))]
    for unit_type, payload, *rest in pieces:
        parts += writer.unit(unit_type, payload, **(rest[0] if rest else {}))
    parts.append(writer.finish(index=indexed, model_digests=lab.model_end.model_digest))
    return b"".join(bytes(part) for part in parts)


def raw_unit(
    unit_type: int, payload: bytes, start: int, flags: int = 0, pad: int | None = None
) -> bytes:
    """Return a unit as told, also one that no writer would write."""
    pad = -(start + 12) % 8 if pad is None else pad
    head = container.build_header(unit_type, flags, pad, len(payload))
    return head + bytes(pad) + payload + zlib.crc32(payload).to_bytes(4, "little")


def start_of(data: bytes, unit_type: int) -> int:
    """Return the offset of the first unit of a type."""
    return next(unit.start for unit in read(data) if unit.type == unit_type)


def test_the_sample_stream_is_read(lab: Any) -> None:
    """All units come out, header first, in order, and agree with the index."""
    data = lab.stream()
    units = read(data)
    assert [unit.number for unit in units] == list(range(len(units)))
    assert [unit.type for unit in units[:5]] == [1, 3, 2, 4, 5]
    assert any(unit.deflated for unit in units)
    assert all(unit.payload_start % 8 == 0 for unit in units)
    assert all(unit.payload_start % 64 == 0 for unit in units if unit.type == 8)


def test_streams_are_reproducible(lab: Any) -> None:
    """The same records give the same bytes."""
    assert lab.stream() == lab.stream()
    assert len(lab.stream(deflate=True)) < len(lab.stream(deflate=False))


def test_any_chunking_gives_the_same_units(lab: Any) -> None:
    """Whole, byte by byte and in random chunks, the units are the same."""
    data = lab.stream()
    whole = read(data)
    random = np.random.default_rng(1)
    chunkings = [[1] * len(data), *(random.integers(0, 90, 60).tolist() for _ in range(5))]
    for sizes in chunkings:
        assert read(data, sizes) == whole


def test_payloads_stay_valid_while_more_is_fed(lab: Any) -> None:
    """A chunk whose owner reuses it does not change units that were taken."""
    data = lab.stream()
    reader, chunk, units = UnitReader(Limits()), bytearray(100), []
    for place in range(0, len(data), 100):
        part = data[place : place + 100]
        chunk[: len(part)] = part
        reader.feed(memoryview(chunk)[: len(part)])
        units += reader.units()
    reader.finish()
    assert units == read(data)


def test_every_proper_prefix_is_truncated(lab: Any) -> None:
    """A stream that ends early is truncated, wherever that is; the empty one as well."""
    data = lab.stream()
    for size in range(len(data)):
        error = lab.refused(lambda size=size: read(data[:size]))
        assert (error.kind, error.rule, error.stage) == ("truncated", "R-CON-046", "container")
        assert error.at == size


def test_bytes_after_the_end(lab: Any) -> None:
    """Nothing follows the end unit, whether it comes with it or later."""
    data = lab.stream() + b"\0"
    for sizes in ([], [len(data) - 1]):
        error = lab.refused(lambda sizes=sizes: read(data, sizes))
        assert (error.kind, error.rule, error.at) == ("trailing-data", "R-CON-045", len(data) - 1)


def test_other_files(lab: Any) -> None:
    """The first byte that is not the signature's says that this is another format."""
    for size in range(12):
        other = SIGNATURE[:size] + b"?"
        error = lab.refused(lambda other=other: read(other))
        assert (error.kind, error.rule, error.at) == ("not-dombit", "R-CON-047", size)


def test_flipped_bits_are_never_another_exception(lab: Any) -> None:
    """2000 streams with one flipped bit are refused, as the same kind of error."""
    data = lab.stream()
    parse_all(lab, data)
    random = np.random.default_rng(3)
    for place in random.integers(0, 8 * len(data), 2000).tolist():
        spoiled = bytearray(data)
        spoiled[place >> 3] ^= 1 << (place & 7)
        with pytest.raises(DombitError):
            parse_all(lab, bytes(spoiled))


def test_spoiled_payloads_under_a_right_crc(lab: Any) -> None:
    """Units whose contents are wrong but whose CRC is right give records or DombitErrors."""
    pieces = [(unit.type, bytes(unit.payload)) for unit in read(lab.stream())[1:]]
    random = np.random.default_rng(4)
    refused = 0
    for _ in range(300):
        which = int(random.integers(0, len(pieces)))
        unit_type, payload = pieces[which]
        spoiled = bytearray(payload)
        spoiled[int(random.integers(0, len(payload)))] = int(random.integers(0, 256))
        changed = [*pieces[:which], (unit_type, bytes(spoiled)), *pieces[which + 1 :]]
        data = write(lab, [(t, p, {"align": 64 if t == 8 else 8}) for t, p in changed])
        try:
            parse_all(lab, data)
        except DombitError:
            refused += 1
    assert 50 < refused < 300


@pytest.mark.parametrize("deflate", [False, True])
def test_the_trace_covers_every_byte_once(lab: Any, deflate: bool) -> None:
    """The fields that a decoder tells of fill the stream without gap or overlap."""
    data = lab.stream(deflate=deflate)
    events: list[FieldRead] = []
    parse_all(lab, data, events.append)

    places = sorted((e.start, e.stop) for e in events if e.inflated is None)
    assert [start for start, _ in places] == [0, *(stop for _, stop in places[:-1])]
    assert places[-1][1] == len(data)
    inner = {e.inflated for e in events if e.inflated is not None}
    assert bool(inner) == deflate
    for base in inner:
        parts = sorted((e.start, e.stop) for e in events if e.inflated == base)
        assert [start for start, _ in parts] == [0, *(stop for _, stop in parts[:-1])]
    assert all(event.raw == data[event.start : event.stop][:64] for event in events
               if event.inflated is None)  # fmt: skip


def test_the_failing_field_is_traced_last(lab: Any) -> None:
    """What was read before an error has been told, the field at fault at the end."""
    payload = lab.spoil(types.GROUP, lab.payload(types.GROUP), {"coding": 9})
    events: list[FieldRead] = []
    error = lab.refused(lambda: lab.parse(types.GROUP, payload, trace=events.append))
    assert events[-1].path.endswith("coding")
    assert events[-1].start == error.at == 33
    payload = lab.spoil(types.GROUP, lab.payload(types.GROUP), {}, {"class_axes": [9, 0]})
    lab.refused(lambda: lab.parse(types.GROUP, payload, trace=events.append))
    assert events[-1].path.endswith("class_axes")


# --------------------------------------------------------------------------------- unit headers


@pytest.mark.parametrize(
    ("rule", "kind", "unit"),
    [
        ("R-CON-014", "unsupported", {"flags": 4}),
        ("R-CON-015", "forbidden-value", {"pad": 64 + 8}),
        ("R-CON-022", "unsupported", {"unit_type": 10, "flags": 1}),
        ("R-CON-022", "unsupported", {"unit_type": 11}),
        ("R-CON-023", "unsupported", {"unit_type": 99}),
        ("R-CON-023", "unsupported", {"unit_type": 0xF000}),
        ("R-CON-024", "forbidden-value", {"flags": 1}),
        ("R-CON-024", "forbidden-value", {"unit_type": 2}),
        ("R-CON-025", "forbidden-value", {"unit_type": 7, "flags": 2}),
        ("R-CON-026", "malformed", {"pad": 1}),
        ("R-CON-026", "malformed", {"unit_type": 8, "pad": 16}),
    ],
)
def test_unit_headers(lab: Any, rule: str, kind: str, unit: dict[str, Any]) -> None:
    """A unit header that breaks one rule is refused."""
    front = write(lab, [])[:44]
    data = front + raw_unit(**{"unit_type": 3, "payload": b"", "start": 44, **unit})
    error = lab.refused(lambda: read(data))
    assert (error.rule, error.kind, error.stage) == (rule, kind, "container")
    assert 44 <= (error.at or 0) < 56


def test_header_and_payload_crcs(lab: Any) -> None:
    """A wrong CRC is found before anything under it is believed."""
    data = bytearray(lab.stream())
    data[12 + 4] ^= 1
    error = lab.refused(lambda: read(bytes(data)))
    assert (error.rule, error.kind) == ("R-CON-016", "integrity")
    data[12 + 4] ^= 1
    data[24 + 15] ^= 1
    error = lab.refused(lambda: read(bytes(data)))
    assert (error.rule, error.kind) == ("R-CON-017", "integrity")


def test_fill_bytes(lab: Any) -> None:
    """Bytes between header and payload are zero, which is looked at before the payload's CRC."""
    data = bytearray(lab.stream())
    place = start_of(bytes(data), types.STORED_DATA) + 12
    data[place] = 1
    error = lab.refused(lambda: read(bytes(data)))
    assert (error.rule, error.kind, error.at) == ("R-CON-002", "forbidden-value", place)


@pytest.mark.parametrize(
    ("rule", "kind", "payload"),
    [
        ("R-CON-018", "limit-exceeded", (64 << 20).to_bytes(4, "little") + b"\3\0"),
        ("R-CON-019", "malformed", b"\5\0\0\0\xff\xff\xff"),
        ("R-CON-020", "malformed", b"\1\0\0\0\3\0"),
        ("R-CON-020", "malformed", b"\0\0\0\0\3\0x"),
        ("R-CON-020", "malformed", b"\0\0\0\0\3"),
        ("R-CON-003", "malformed", b"\0\0\0"),
    ],
)
def test_deflated_payloads(lab: Any, rule: str, kind: str, payload: bytes) -> None:
    """A deflated payload yields exactly raw_size bytes, ends there, and is not too large."""
    data = write(lab, [])[:44] + raw_unit(3, payload, 44, flags=2)
    reader = UnitReader(Limits(inflated_bytes=(64 << 20) - 1))
    reader.feed(data)
    error = lab.refused(lambda: list(reader.units()))
    assert (error.rule, error.kind, error.stage) == (rule, kind, "container")


def test_a_deflate_bomb_is_bounded(lab: Any) -> None:
    """A stream that inflates to more than it declares stops one byte later."""
    bomb = zlib.compress(bytes(50 << 20), 9)[2:-4]
    data = write(lab, [])[:44] + raw_unit(3, b"\x10\0\0\0" + bomb, 44, flags=2)
    assert lab.refused(lambda: read(data)).rule == "R-CON-020"


def test_unknown_ancillary_units_are_skipped(lab: Any) -> None:
    """A later version may add units between any two, deflated or not; the index lists them."""
    data = lab.stream(index=False)
    units = read(data)
    for unit in units[1:]:
        # 128 bytes in all, so that what follows keeps its alignment.
        filler = bytes(128 - 16 - (-(unit.start + 12) % 8))
        extra = raw_unit(0xF123, filler, unit.start, flags=3)
        end = index.build_end(End(index_offset=0, file_size=len(data) + 128))
        tail = end + zlib.crc32(end).to_bytes(4, "little")
        whole = data[: unit.start] + extra + data[unit.start : -20] + tail
        events: list[FieldRead] = []
        found = read(whole, trace=events.append)
        told = {(event.start, event.stop) for event in events}
        assert (unit.start + 128 - 4 - len(filler), unit.start + 128 - 4) in told
        assert [item.payload for item in found] == [item.payload for item in units]
    first = SIGNATURE + raw_unit(0xF123, b"", 12, flags=1)
    assert lab.refused(lambda: read(first)).rule == "R-CON-035"


# ---------------------------------------------------------------------------------------- order


def pieces_of(lab: Any) -> dict[str, Piece]:
    """Return the units from which streams in wrong order are made."""
    plain = replace(lab.structure, has_skeleton=False)
    stored = lab.payload(types.GROUP, lab.groups[0])
    return {
        "structure": (types.STRUCTURE, lab.payload(types.STRUCTURE, plain)),
        "announcing": (types.STRUCTURE, lab.payload(types.STRUCTURE)),
        "metadata": (types.METADATA, lab.payload(types.METADATA)),
        "skeleton": (types.SKELETON, lab.payload(types.SKELETON)),
        "literals": (types.SKELETON_DATA, b"0123456789"),
        "group": (types.GROUP, lab.payload(types.GROUP, lab.groups[2])),
        "storing": (types.GROUP, stored),
        "segment": (types.SEGMENT, lab.payload(types.SEGMENT)),
        "stored": (types.STORED_DATA, b"stored", {"align": 64}),
        "end": (types.MODEL_END, lab.payload(types.MODEL_END)),
        "half": (types.SKELETON_DATA, b"01234"),
        "much": (types.SKELETON_DATA, b"0123456789x"),
        "nothing": (types.SKELETON_DATA, b""),
    }


@pytest.mark.parametrize(
    ("rule", "order"),
    [
        ("", "structure end"),
        ("", "structure metadata group segment end"),
        ("", "announcing skeleton half half storing stored group segment end"),
        ("R-CON-035", "group"),
        ("R-CON-035", "metadata"),
        ("R-CON-035", "structure structure"),
        ("R-CON-035", "structure metadata metadata"),
        ("R-CON-035", "announcing skeleton metadata"),
        ("R-CON-035", "structure segment"),
        ("R-CON-035", "structure"),
        ("R-CON-035", "structure end end"),
        ("R-CON-036", "structure group stored"),
        ("R-CON-036", "structure storing segment"),
        ("R-CON-037", "structure group end"),
        ("R-CON-037", "structure group group"),
        ("R-CON-037", "structure group segment segment"),
        ("R-CON-038", "announcing end"),
        ("R-CON-038", "announcing metadata group"),
        ("R-CON-039", "structure skeleton"),
        ("R-CON-041", "structure end structure"),
        ("R-SKE-023", "announcing skeleton group"),
        ("R-SKE-023", "announcing skeleton half end"),
        ("R-SKE-023", "announcing skeleton literals literals"),
        ("R-SKE-025", "announcing skeleton much"),
        ("R-SKE-072", "announcing skeleton nothing"),
    ],
)
def test_order(lab: Any, rule: str, order: str) -> None:
    """Units stand where the table of the container chapter has them."""
    made = pieces_of(lab)
    data = write(lab, [made[name] for name in order.split()])
    if not rule:
        assert read(data)
        return
    error = lab.refused(lambda: read(data))
    assert (error.rule, error.kind) == (rule, "malformed")
    assert error.stage == ("structure" if rule in {"R-SKE-025", "R-SKE-072"} else "container")


def test_models_that_are_missing(lab: Any) -> None:
    """A stream holds the models that its header counts."""
    made = pieces_of(lab)
    data = write(lab, [made["structure"], made["end"]], model_count=2)
    assert lab.refused(lambda: read(data)).rule == "R-CON-040"


def test_skeleton_data_beyond_the_limit(lab: Any) -> None:
    """The limit on inflated payloads holds for literals that are not deflated."""
    made = pieces_of(lab)
    names = ("announcing", "skeleton", "literals", "end")
    data = write(lab, [made[name] for name in names])
    reader = UnitReader(Limits(inflated_bytes=9))
    reader.feed(data)
    error = lab.refused(reader.finish)
    assert (error.rule, error.kind, error.stage) == ("R-SKE-024", "limit-exceeded", "structure")


def test_too_many_units(lab: Any) -> None:
    """The caller says how many units a stream may have."""
    reader = UnitReader(Limits(units=5))
    reader.feed(lab.stream())
    error = lab.refused(reader.finish)
    assert (error.rule, error.kind) == ("R-LIM-007", "limit-exceeded")


# -------------------------------------------------------------------------------- index and end


def closed(lab: Any, *, announce: bool, record: Index | None, **end: int) -> bytes:
    """Return a stream without model contents, with any index and end."""
    made = pieces_of(lab)
    writer = UnitWriter()
    parts: list[Any] = [writer.start(StreamHeader(indexed=announce))]
    for name in ("structure", "end"):
        parts += writer.unit(*made[name][:2])
    offset = 0
    if record is not None:
        offset = writer.position
        parts += writer.unit(types.INDEX, index.build(record))
    size = writer.position + 12 + -(writer.position + 12) % 8 + 20
    last = End(**{"index_offset": offset, "file_size": size, **end})
    parts += writer.unit(types.END, index.build_end(last))
    return b"".join(bytes(part) for part in parts)


def right_index(lab: Any) -> Index:
    """Return the index of such a stream."""
    sizes = [unit.size for unit in read(closed(lab, announce=False, record=None))]
    return Index(
        unit_type=np.array([1, 3, 9]),
        unit_size=np.array(sizes),
        first=np.zeros(3, np.int64),
        count=np.zeros(3, np.int64),
        model_digests=lab.model_end.model_digest,
    )


def test_an_index_that_is_right(lab: Any) -> None:
    """The digests of models may be left out, nothing else."""
    for digests in (lab.model_end.model_digest, b""):
        record = replace(right_index(lab), model_digests=digests)
        assert len(read(closed(lab, announce=True, record=record))) == 3
    assert index.offsets(right_index(lab))[0] == 12


@pytest.mark.parametrize(
    ("rule", "kind", "change"),
    [
        ("R-IDX-010", "malformed", {"unit_type": np.array([1, 3, 8])}),
        ("R-IDX-010", "malformed", {"first": np.array([0, 1, 0])}),
        ("R-IDX-010", "malformed", {"count": np.array([0, 1, 0])}),
        ("R-IDX-010", "malformed", {"model_digests": b"x" * 32}),
        ("R-CON-006", "malformed", {"model_digests": b"x" * 64}),
        ("R-IDX-006", "malformed", {"unit_size": np.array([32, 100, 200])}),
        ("R-IDX-005", "forbidden-value", {"unit_size": np.array([15, 100, 200])}),
    ],
)
def test_an_index_that_is_wrong(lab: Any, rule: str, kind: str, change: dict[str, Any]) -> None:
    """An index that differs from the units before it is refused."""
    record = replace(right_index(lab), **change)
    error = lab.refused(lambda: read(closed(lab, announce=True, record=record)))
    assert (error.rule, error.kind, error.stage) == (rule, kind, "container")


def test_an_index_of_other_units(lab: Any) -> None:
    """The same sizes cut in another way are another index."""
    right = right_index(lab)
    sizes = [*right.unit_size[:2], right.unit_size[2] - 16, 16]
    record = Index(
        unit_type=np.array([1, 3, 9, 9]),
        unit_size=np.array(sizes),
        first=np.zeros(4, np.int64),
        count=np.zeros(4, np.int64),
        model_digests=right.model_digests,
    )
    error = lab.refused(lambda: read(closed(lab, announce=True, record=record)))
    assert error.rule == "R-IDX-010"


def test_index_fields(lab: Any) -> None:
    """The reserved field is zero, and the number of units within the caller's limit."""
    payload = index.build(right_index(lab))
    start = 12 + int(right_index(lab).unit_size.sum())
    lab.parse(types.INDEX, payload, start=start)
    spoiled = lab.spoil(types.INDEX, payload, {"reserved_6": 1})
    error = lab.refused(lambda: lab.parse(types.INDEX, spoiled, start=start))
    assert (error.rule, error.kind) == ("R-IDX-004", "unsupported")
    error = lab.refused(
        lambda: lab.parse(types.INDEX, payload, start=start, limits=Limits(units=2))
    )
    assert (error.rule, error.kind) == ("R-LIM-006", "limit-exceeded")


@pytest.mark.parametrize(
    ("rule", "announce", "with_index", "end"),
    [
        ("R-CON-042", False, True, {}),
        ("R-CON-043", True, False, {}),
        ("R-IDX-008", True, True, {"file_size": 100}),
        ("R-IDX-009", True, True, {"index_offset": 0}),
        ("R-IDX-009", False, False, {"index_offset": 44}),
    ],
)
def test_ends(lab: Any, rule: str, announce: bool, with_index: bool, end: dict[str, int]) -> None:
    """Header, index and end agree."""
    record = right_index(lab) if with_index else None
    error = lab.refused(lambda: read(closed(lab, announce=announce, record=record, **end)))
    assert (error.rule, error.kind, error.stage) == (rule, "malformed", "container")


def test_random_access(lab: Any) -> None:
    """From the last 20 bytes to the index, and from it to any unit."""
    data = lab.stream()
    end = index.parse_end(data[-index.TAIL_BYTES :], len(data))
    unit = container.read_unit_at(memoryview(data)[end.index_offset :], end.index_offset, 1 << 26)
    found = index.parse(unit, 1, Limits())
    starts = index.offsets(found).tolist()
    for number, expected in enumerate(read(data)):
        view = memoryview(data)[starts[number] :]
        assert container.read_unit_at(view, starts[number], 1 << 26, number) == expected
    assert found.model_digests == lab.model_end.model_digest


def test_random_access_to_what_is_not_there(lab: Any) -> None:
    """Too few bytes are truncated, a wrong CRC or size is found."""
    data = lab.stream()
    view = memoryview(data)
    for size in (0, 11, 12, 30):
        error = lab.refused(lambda size=size: container.read_unit_at(view[12 : 12 + size], 12, 99))
        assert (error.kind, error.rule) == ("truncated", "R-CON-021")
    error = lab.refused(lambda: index.parse_end(data[-19:], len(data)))
    assert (error.kind, error.rule) == ("truncated", "R-IDX-007")
    error = lab.refused(lambda: index.parse_end(data[-20:], len(data) + 1))
    assert (error.kind, error.rule) == ("malformed", "R-IDX-008")
    error = lab.refused(lambda: index.parse_end(b"x" + data[-19:], len(data)))
    assert error.kind == "integrity"
