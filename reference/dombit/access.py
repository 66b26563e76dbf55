"""Access: single tensors of a stream by range reads, through its index (chapter 15)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit import identity
from dombit.bitstream import container, registry
from dombit.bitstream import group as group_chapter
from dombit.bitstream import header as header_chapter
from dombit.bitstream import index as index_chapter
from dombit.bitstream import metadata as metadata_chapter
from dombit.bitstream import model_end as end_chapter
from dombit.bitstream import segment as segment_chapter
from dombit.bitstream import structure as structure_chapter
from dombit.decoder import tensor_bytes
from dombit.errors import UsageError, fail
from dombit.files import RangeReader, Source, reading_chunks, size_of
from dombit.groups import (
    Batch,
    OpenGroup,
    Outputs,
    fill_constants,
    finish_integers,
    flush,
    open_group,
    take_dense,
    take_map,
)
from dombit.layout import Span
from dombit.limits import LEVELS, default_limits
from dombit.records import CONSTANT, STORED, Index, ModelEnd, Structure, Tensor, Unit
from dombit.stored import lay_out_bytes, take_stored

TAIL_READ = 1 << 16
"""Bytes of the first read: the end, nearly always the index, often the digests."""
ONE_READ = 1 << 18
"""Units of a tensor that lie within so many bytes are read at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """What is read when a stream is opened."""

    index: Index
    starts: NDArray[np.int64]
    """Offset of each unit."""
    level: int
    structure: Structure
    metadata: dict[str, str]
    end: ModelEnd


class StreamFile:
    """A stream that is open for reading single tensors; use it as a context manager.

    `keys`, `get_tensor`, `get_slice` and `metadata` are as in safetensors.safe_open. Raises
    DombitError where the stream is damaged; a tensor is checked against its digest where the
    stream carries one.
    """

    def __init__(self, source: Source, convert: Callable[[Tensor, NDArray[np.uint8]], Any]) -> None:
        """Read the end, the index, the structure, and the digests."""
        if size_of(source) is None:
            source = b"".join(reading_chunks(source))
        self.reader = RangeReader(source)
        self._convert = convert
        self._limits = default_limits(self.reader.size)
        self._tail_start = max(0, self.reader.size - TAIL_READ)
        self._tail = self.reader.read_at(self._tail_start, TAIL_READ)
        self.directory = self._open()
        self._numbers = {
            tensor.name: number
            for number, tensor in enumerate(self.directory.structure.tensors)
            if not tensor.hidden
        }

    def __enter__(self) -> StreamFile:
        """Return the open stream."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close the file, where this object opened it."""
        self.reader.close()

    def keys(self) -> list[str]:
        """Return the names of the tensors, in the model's order."""
        return list(self._numbers)

    def offset_keys(self) -> list[str]:
        """Return the names in the order in which the tensors lie in the stream."""
        structure = self.directory.structure
        place = {int(number): at for at, number in enumerate(structure.coded_order)}
        return sorted(self._numbers, key=lambda name: place[self._target(self._numbers[name])])

    def metadata(self) -> dict[str, str]:
        """Return the user's metadata."""
        return dict(self.directory.metadata)

    def model_digest(self) -> str:
        """Return the digest that the stream gives for its model, in hex (not checked here)."""
        return self.directory.end.model_digest.hex()

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a tensor, without reading it."""
        return self._tensor(name)[1].shape

    def dtype(self, name: str) -> str:
        """Return the name of a tensor's dtype, without reading it."""
        return self._tensor(name)[1].dtype.name

    def get_tensor(self, name: str) -> Any:
        """Return one tensor; only its own units are read."""
        number, tensor = self._tensor(name)
        data = self._bytes(number, None)
        self._check(number, tensor, data)
        return self._convert(tensor, data)

    def get_slice(self, name: str) -> Slice:
        """Return something to be indexed: of large tensors only what is asked for is decoded."""
        return Slice(self, name)

    def get_tensors(self) -> Iterator[tuple[str, Any]]:
        """Yield all tensors, by name."""
        for name in self.keys():
            yield name, self.get_tensor(name)

    # ------------------------------------------------------------------------------------ opening

    def _open(self) -> Directory:
        end = index_chapter.parse_end(self._tail[-index_chapter.TAIL_BYTES :], self.reader.size)
        if end.index_offset == 0:
            raise UsageError(
                "the stream has no index", hint="decode it whole, or encode it with one"
            )
        index_size = self.reader.size - end.index_offset
        index_unit = container.read_unit_at(
            self._range(end.index_offset, index_size), end.index_offset, self._limits.inflated_bytes
        )
        index = index_chapter.parse(index_unit, 1, self._limits)
        starts = index_chapter.offsets(index)
        return self._read_front(index, starts)

    def _read_front(self, index: Index, starts: NDArray[np.int64]) -> Directory:
        """Read stream header, structure, metadata and model end."""
        kinds = index.unit_type.tolist()
        front = [n for n, kind in enumerate(kinds) if kind in _FRONT]
        ends = [n for n, kind in enumerate(kinds) if kind == registry.MODEL_END]
        if kinds[:1] != [registry.HEADER] or registry.STRUCTURE not in kinds or not ends:
            fail("malformed", "R-DEC-054", "the index lists no model", stage="container")
        stop = int(starts[front[-1]] + index.unit_size[front[-1]])
        block = self._range(0, stop)
        units = {kinds[n]: self._cut(block, 0, index, starts, n) for n in front}
        header = header_chapter.parse(units[registry.HEADER])
        structure = structure_chapter.parse(units[registry.STRUCTURE], self._limits)
        metadata = {}
        if registry.METADATA in units:
            metadata = metadata_chapter.parse(units[registry.METADATA])
        start, size = int(starts[ends[0]]), int(index.unit_size[ends[0]])
        end_unit = self._cut(self._range(start, size), start, index, starts, ends[0])
        return Directory(
            index=index,
            starts=starts,
            level=header.level,
            structure=structure,
            metadata=metadata,
            end=end_chapter.parse(end_unit, structure),
        )

    def _range(self, start: int, size: int) -> memoryview:
        """Return a range of the stream, from what is there already where possible."""
        if start >= self._tail_start:
            return memoryview(self._tail)[start - self._tail_start :][:size]
        return memoryview(self.reader.read_at(start, size))

    def _cut(
        self, block: memoryview, base: int, index: Index, starts: NDArray[np.int64], number: int
    ) -> Unit:
        """Return one unit of a block that was read from offset `base`."""
        start, size = int(starts[number]), int(index.unit_size[number])
        unit = container.read_unit_at(
            block[start - base :][:size], start, self._limits.inflated_bytes, number
        )
        if unit.size != size or unit.type != int(index.unit_type[number]):
            fail(
                "malformed",
                "R-DEC-055",
                "the index disagrees with a unit",
                stage="container",
                at=start,
            )
        return unit

    # ------------------------------------------------------------------------------------ reading

    def _tensor(self, name: str) -> tuple[int, Tensor]:
        if name not in self._numbers:
            raise UsageError(f"the stream has no tensor {name!r}", hint="keys() lists them")
        number = self._numbers[name]
        return number, self.directory.structure.tensors[number]

    def _target(self, number: int) -> int:
        alias = self.directory.structure.tensors[number].alias
        return alias.target if alias is not None else number

    def _bytes(self, number: int, rows: tuple[int, int] | None) -> NDArray[np.uint8]:
        """Return the bytes of a tensor; those outside `rows` of its first axis stay zero."""
        tensor, target = self.directory.structure.tensors[number], self._target(number)
        whole = self.directory.structure.tensors[target]
        outputs: Outputs = {target: np.zeros(whole.byte_size, np.uint8)}
        position = int(np.nonzero(self.directory.structure.coded_order == target)[0][0])
        for group in self._groups_of(position):
            self._read_group(group, target, outputs, rows if tensor.alias is None else None)
        return tensor_bytes(tensor, outputs, number)

    def _groups_of(self, position: int) -> list[int]:
        """Return the index rows of the groups that hold a tensor."""
        index = self.directory.index
        holds = (index.first <= position) & (position < index.first + index.count)
        return [int(n) for n in np.nonzero((index.unit_type == registry.GROUP) & holds)[0]]

    def _read_group(
        self, row: int, target: int, outputs: Outputs, rows: tuple[int, int] | None
    ) -> None:
        index, starts = self.directory.index, self.directory.starts
        kinds = index.unit_type
        later = np.nonzero((kinds[row + 1 :] == registry.GROUP) | (kinds[row + 1 :] == 9))[0]
        members = [
            n
            for n in range(row, row + 1 + int(later[0]))
            if kinds[n] in (registry.GROUP, registry.SEGMENT, registry.STORED_DATA)
        ]
        block, base = memoryview(b""), 0
        if int(starts[members[-1]] + index.unit_size[members[-1]] - starts[row]) <= ONE_READ:
            base = int(starts[row])
            stop = int(starts[members[-1]] + index.unit_size[members[-1]])
            block = self._range(base, stop - base)

        def unit(number: int) -> Unit:
            start, size = int(starts[number]), int(index.unit_size[number])
            if block:
                return self._cut(block, base, index, starts, number)
            return self._cut(self._range(start, size), start, index, starts, number)

        level = LEVELS[self.directory.level]
        group = group_chapter.parse(unit(row), self.directory.structure, level)
        opened = open_group(group, self.directory.structure, level)
        rest = members[1:]
        if group.coding == CONSTANT:
            fill_constants(opened, outputs)
        elif group.coding == STORED:
            sequence = lay_out_bytes(opened.layout, group.alignment)
            for number in rest:
                take_stored(sequence, unit(number).payload, outputs)
        else:
            self._read_coded(opened, target, rest, unit, outputs, rows)

    def _read_coded(
        self,
        opened: OpenGroup,
        target: int,
        members: list[int],
        unit: Callable[[int], Unit],
        outputs: Outputs,
        rows: tuple[int, int] | None,
    ) -> None:
        """Decode the maps of a group, and the dense segments that hold what is wanted."""
        index, level = self.directory.index, LEVELS[self.directory.level]
        span = next(span for span in opened.layout.spans if span.number == target)
        first, stop = wanted(span, rows)
        batch = Batch()
        maps = opened.map_values.size
        for number in members:
            begin, count = int(index.first[number]), int(index.count[number])
            is_map = opened.map_done < maps
            if is_map:
                segment = segment_chapter.parse(unit(number), level)
                take_map(opened, segment, f"units[{number}]")
            elif begin < stop and first < begin + count:
                segment = segment_chapter.parse(unit(number), level)
                opened.dense_done = begin
                batch.add(take_dense(opened, segment, f"units[{number}]"))
            if batch.full:
                flush(batch, outputs)
        flush(batch, outputs)
        finish_integers(opened.group, [span], outputs)

    def _check(self, number: int, tensor: Tensor, data: NDArray[np.uint8]) -> None:
        """Compare a whole tensor with its digest, where the stream has one."""
        digests = self.directory.end.tensor_digests
        if digests:
            place = list(self._numbers.values()).index(number)
            identity.check_tensor(
                identity.tensor_digest(data), digests[32 * place : 32 * place + 32], tensor.name
            )


def wanted(span: Span, rows: tuple[int, int] | None) -> tuple[int, int]:
    """Return the stretch of the group's sequence that holds some rows of the first axis."""
    if rows is None or not span.coded:
        return span.start, span.start + span.count
    inner = int(np.prod(span.coded[1:], dtype=np.int64))
    first = min(max(rows[0] * inner - span.offset, 0), span.count)
    stop = min(max(rows[1] * inner - span.offset, 0), span.count)
    return span.start + first, span.start + stop


class Slice:
    """A tensor that is read when it is indexed."""

    def __init__(self, stream: StreamFile, name: str) -> None:
        """Name the tensor; nothing is read yet."""
        self._stream = stream
        self._number, self._tensor = stream._tensor(name)

    def get_shape(self) -> list[int]:
        """Return the shape."""
        return list(self._tensor.shape)

    def get_dtype(self) -> str:
        """Return the name of the dtype."""
        return self._tensor.dtype.name

    def __getitem__(self, key: Any) -> Any:
        """Return a part, indexed as an array is."""
        first = key[0] if isinstance(key, tuple) and key else key
        rows = None
        if isinstance(first, slice) and self._tensor.shape and self._tensor.dtype.bits >= 8:
            span = range(*first.indices(self._tensor.shape[0]))
            rows = (min(span), max(span) + 1) if span else (0, 0)
        data = self._stream._bytes(self._number, rows)
        if rows is None:
            self._stream._check(self._number, self._tensor, data)
        return self._stream._convert(self._tensor, data)[key]


_FRONT = (registry.HEADER, registry.STRUCTURE, registry.METADATA)
