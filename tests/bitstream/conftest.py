"""What the tests of the bitstream room share: sample records, a sample stream, spoiled payloads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dombit.arithmetic import zigzag
from dombit.bitstream import group, header, index, metadata, model_end, segment, skeleton, structure
from dombit.bitstream import registry as types
from dombit.bitstream.bundle import Bundle
from dombit.bitstream.columns import WIDTHS, Column, Entry
from dombit.bitstream.source import Source, loose_unit
from dombit.bitstream.writer import UnitWriter
from dombit.dtypes import BY_NAME
from dombit.errors import DombitError
from dombit.limits import LEVELS, Limits
from dombit.records import (
    CONSTANT,
    CRC,
    DENSE,
    FLOAT,
    HOLE,
    INT,
    LITERAL,
    MAP,
    STORED,
    UNIFORM,
    Alias,
    Group,
    Hybrid,
    ModelEnd,
    Segment,
    Skeleton,
    SourceFile,
    StreamHeader,
    Structure,
    Tensor,
)
from dombit.trace import Trace, no_trace

Changes = Mapping[Any, Any]


def ints(*values: int) -> np.ndarray:
    """Return a column."""
    return np.array(values, np.int64)


def tensor(name: str, dtype: str, *shape: int, **more: Any) -> Tensor:
    """Return a tensor without data."""
    return Tensor(name=name, dtype=BY_NAME[dtype], shape=shape, data=None, **more)


STRUCTURE = Structure(
    tensors=(
        tensor("a.weight", "f32", 8, 4),
        tensor("a.bias", "f32", 4),
        tensor("tied", "f32", 2, 4, alias=Alias(target=0, offset=8)),
        tensor("turned", "f32", 4, 8, alias=Alias(target=0, strides=(1, 4))),
        tensor("storage/0", "u8", 16, hidden=True),
        tensor("empty", "bf16", 0, 3),
        tensor("scalar", "i64"),
        tensor("half", "i4", 3),
        tensor("bytes", "i8", 64),
    ),
    coded_order=ints(0, 1, 5, 4, 6, 7, 8),
    output_bytes=8 * 4 * 4 + 16 + 32 + 128 + 16 + 0 + 8 + 2 + 64,
    has_skeleton=True,
)


def a_group(first: int, count: int, coding: int, **more: Any) -> Group:
    """Return a group of the sample structure; columns that are not given hold their defaults."""
    members = [STRUCTURE.tensors[n] for n in STRUCTURE.coded_order[first : first + count]]
    ranks = group.coded_ranks(members, coding)
    zeros = np.zeros(count, np.int64)
    values = {
        "split_rows": np.minimum(ranks, 1), "split_columns": ranks, "class_axes": zeros,
        "context_bias": zeros, "step_axis": zeros, "step_mantissa": ints(),
        "step_exponent": ints(), "first_exponent": zeros, "low_zero_rows": zeros,
        "low_zero": zeros, "table_map": np.zeros(0, np.uint8), **more,
    }  # fmt: skip
    return Group(first=first, count=count, coding=coding, dtype=members[0].dtype, **values)


TABLES = {
    "table_map": np.array([0, 1] * 32, np.uint8), "tables": b"tables", "table_count": 2,
    "root_classes": 1,
}  # fmt: skip
GROUPS = {
    FLOAT: a_group(
        0, 2, FLOAT, segment_count=2, exponent_count=5, first_exponent=ints(100, 120),
        low_zero=ints(0, 3), low_zero_rows=ints(1, 0), class_axes=ints(3, 0),
        context_bias=ints(-2, 7), split_rows=ints(2, 1), **TABLES,
    ),
    CONSTANT: a_group(2, 1, CONSTANT, constants=b"\x01\x02"),
    STORED: a_group(3, 1, STORED, segment_count=1, alignment=3),
    INT: a_group(4, 1, INT, segment_count=1, hybrid=Hybrid(), **TABLES),
    UNIFORM: a_group(
        6, 1, UNIFORM, segment_count=1, hybrid=Hybrid(), step_axis=ints(1),
        step_mantissa=np.arange(1, 65), step_exponent=np.arange(-64, 0), **TABLES,
    ),
}  # fmt: skip
"""One group of each coding; the i4 tensor between them is constant as well."""
HALF = a_group(5, 1, CONSTANT, constants=b"\x0f")

DENSE_SEGMENT = Segment(
    kind=DENSE, end_payload=True, lanes_log2=1, first=0, count=36,
    states=np.array([65536, 70000], np.uint32), words=np.array([1, 2, 3], np.uint16),
    tail=memoryview(b"raw and side"), tail_start=24 + 8 + 6,
)  # fmt: skip
MAP_SEGMENT = Segment(
    kind=MAP, lanes_log2=0, first=0, count=20, map_tables=b"abcde", map_table_count=2,
    map_table_of=(0, 1, 1, 0), states=np.array([65536], np.uint32),
    words=np.array([9], np.uint16), tail=memoryview(b""), tail_start=32 + 8 + 4 + 2,
)  # fmt: skip

SKELETON = Skeleton(
    carrier=3,
    files=(
        SourceFile(
            name="model.pt", size=10 + 32 + 4 + 128, sha256=b"1" * 32,
            kind=np.array([LITERAL, HOLE, CRC, HOLE], np.uint8), length=ints(10, 32, 4, 128),
            hole_tensor=ints(0, 0), hole_first=ints(96, 0), hole_permutation=ints(0, 1),
            crc_first=ints(10), crc_length=ints(32),
        ),
        SourceFile(
            name="data/weights.bin", size=16, sha256=b"2" * 32,
            kind=np.array([HOLE], np.uint8), length=ints(16), hole_tensor=ints(4),
            hole_first=ints(0), hole_permutation=ints(0), crc_first=ints(), crc_length=ints(),
        ),
    ),
    permutations=((1, 0),),
    literals=(),
)  # fmt: skip
METADATA = {"format": "pt", "": "no key", "größe": "π" * 40}
MODEL_END = ModelEnd(model_digest=b"m" * 32, tensor_count=8, tensor_digests=b"t" * 256)

FIXED: dict[int, tuple[type[Bundle], Sequence[Column]]] = {
    types.HEADER: (header.HeaderPayload, ()),
    types.METADATA: (metadata.MetadataPayload, metadata.COLUMNS),
    types.STRUCTURE: (structure.StructurePayload, structure.COLUMNS),
    types.SKELETON: (skeleton.SkeletonPayload, skeleton.COLUMNS),
    types.GROUP: (group.GroupPayload, group.COLUMNS),
    types.SEGMENT: (segment.SegmentPayload, ()),
    types.MODEL_END: (model_end.ModelEndPayload, model_end.COLUMNS),
    types.INDEX: (index.IndexPayload, index.COLUMNS),
    types.END: (index.EndPayload, ()),
}


class Lab:
    """Builds samples, spoils them, and says how they are refused."""

    structure, skeleton, metadata, model_end = STRUCTURE, SKELETON, METADATA, MODEL_END
    groups, half, dense, map = GROUPS, HALF, DENSE_SEGMENT, MAP_SEGMENT
    limits = Limits()
    fixed = FIXED
    tensor = staticmethod(tensor)
    group = staticmethod(a_group)

    def payload(self, unit_type: int, record: Any = None) -> bytes:
        """Return the payload of the sample record of a type (or of the one given)."""
        builders = {
            types.HEADER: lambda r: header.build(r or StreamHeader()),
            types.METADATA: lambda r: metadata.build(r or METADATA),
            types.STRUCTURE: lambda r: structure.build(r or STRUCTURE),
            types.SKELETON: lambda r: skeleton.build(r or SKELETON),
            types.GROUP: lambda r: group.build(r or GROUPS[FLOAT], STRUCTURE),
            types.SEGMENT: lambda r: segment.build(r or DENSE_SEGMENT),
            types.MODEL_END: lambda r: model_end.build(r or MODEL_END),
        }
        built: bytes = builders[unit_type](record)
        return built

    def parse(self, unit_type: int, payload: bytes, **more: Any) -> Any:
        """Parse a payload as its chapter does."""
        limits: Limits = more.get("limits", self.limits)
        model: Structure = more.get("structure", STRUCTURE)
        trace: Trace = more.get("trace", no_trace)
        level = LEVELS[more.get("level", 1)]
        unit = replace(loose_unit(unit_type, payload), start=more.get("start", 0))
        parsers = {
            types.HEADER: lambda: header.parse(unit, trace),
            types.METADATA: lambda: metadata.parse(unit, limits, trace),
            types.STRUCTURE: lambda: structure.parse(unit, limits, trace),
            types.SKELETON: lambda: skeleton.parse(unit, model, limits, trace),
            types.GROUP: lambda: group.parse(unit, model, level, trace),
            types.SEGMENT: lambda: segment.parse(unit, level, trace),
            types.MODEL_END: lambda: model_end.parse(unit, model, trace),
            types.INDEX: lambda: index.parse(unit, more.get("models", 1), limits, trace),
            types.END: lambda: index.parse_end_unit(unit, trace),
        }
        return parsers[unit_type]()

    def spoil(
        self, unit_type: int, payload: bytes, head: Changes | None = None,
        columns: Changes | None = None,
    ) -> bytes:  # fmt: skip
        """Return a payload with other fields and columns.

        A column is given as numbers (written without broadcast), as bytes, as None (left out), or
        as (element width, flags, bytes); an integer key is the id of an unknown column.
        """
        fixed, declared = FIXED[unit_type]
        view = memoryview(payload)
        parsed = fixed.parse(Source(data=view, at=0, path="", stage="container"))
        if not declared:
            return replace(parsed, **(head or {})).build() + payload[fixed.width() :]  # type: ignore[type-var]
        names = {column.name: column for column in declared}
        parts = dict(_columns(view, fixed.width(), parsed.column_count))  # type: ignore[attr-defined]
        for key, value in (columns or {}).items():
            column = names.get(key)
            number = column.id if column else key
            parts.pop(number, None)
            if value is not None:
                parts[number] = _encoded(column, value)
        table = _table(fixed.width(), sorted(parts.items()))
        values = {"column_count": len(parts), **(head or {})}
        return replace(parsed, **values).build() + table  # type: ignore[type-var]

    def refused(self, action: Any) -> DombitError:
        """Return the error that an action must raise."""
        with pytest.raises(DombitError) as caught:
            action()
        return caught.value

    def stream(self, *, index: bool = True, deflate: bool = True) -> bytes:
        """Return a small stream that holds a unit of every type and one of an unknown type."""
        writer = UnitWriter()
        parts: list[Any] = [writer.start(StreamHeader(indexed=index))]

        def add(unit_type: int, payload: Any, **more: Any) -> None:
            parts.extend(writer.unit(unit_type, payload, **more))

        add(types.STRUCTURE, self.payload(types.STRUCTURE), deflate=deflate)
        add(types.METADATA, self.payload(types.METADATA), deflate=deflate)
        add(types.SKELETON, self.payload(types.SKELETON))
        add(types.SKELETON_DATA, [b"lit", b"era", b"l"], deflate=deflate)
        add(types.SKELETON_DATA, b"xyz")
        for record in (*list(GROUPS.values())[:4], HALF, GROUPS[UNIFORM]):
            payload = self.payload(types.GROUP, record)
            add(types.GROUP, payload, first=record.first, count=record.count, deflate=deflate)
            for number in range(record.segment_count):
                if record.coding == STORED:
                    add(types.STORED_DATA, b"stored bytes....", align=64)
                    continue
                part = MAP_SEGMENT if record.coding == FLOAT and number == 0 else DENSE_SEGMENT
                payload = self.payload(types.SEGMENT, part)
                add(types.SEGMENT, payload, first=part.first, count=part.count)
        add(types.MODEL_END, self.payload(types.MODEL_END), deflate=deflate)
        parts.append(
            writer.finish(index=index, model_digests=MODEL_END.model_digest, deflate=deflate)
        )
        return b"".join(bytes(part) for part in parts)


@pytest.fixture(scope="session")
def lab() -> Lab:
    """Give the builder of samples."""
    return Lab()


def _columns(view: memoryview, start: int, count: int) -> list[tuple[int, tuple[int, int, bytes]]]:
    found, position = [], start + 8 * count
    for entry in np.frombuffer(view, Entry.record_dtype(), count, start).tolist():
        position += -position % max(1, entry[1])
        found.append((entry[0], (entry[1], entry[2], bytes(view[position : position + entry[3]]))))
        position += entry[3]
    return found


def _encoded(column: Column | None, value: Any) -> tuple[int, int, bytes]:
    if isinstance(value, tuple):
        return value
    if isinstance(value, bytes):
        return 0, 0, value
    numbers = np.array(value, np.int64)
    if column and column.kind == "signed":
        numbers = zigzag(numbers)
    width = next(w for w in WIDTHS if not numbers.size or int(numbers.max()) < 1 << 8 * w)
    return width, 0, numbers.astype(f"<u{width}").tobytes()


def _table(start: int, parts: Sequence[tuple[int, tuple[int, int, bytes]]]) -> bytes:
    position = start + 8 * len(parts)
    directory, body = b"", b""
    for number, (width, flags, data) in parts:
        gap = -position % max(1, width)
        entry = Entry(column_id=number, element=width, flags=flags, size=len(data))
        directory += entry.build()
        body += bytes(gap) + data
        position += gap + len(data)
    return directory + body
