"""Access: single tensors of a stream by range reads, through its index (chapter 15)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit import identity
from dombit.bitstream import group as group_chapter
from dombit.bitstream import registry
from dombit.bitstream import segment as segment_chapter
from dombit.digests import tensor_bytes
from dombit.directory import ONE_READ, Units, read_directory
from dombit.dtypes import elements
from dombit.errors import UsageError, fail
from dombit.files import Source, reading_chunks, size_of
from dombit.groups import (
    Batch,
    OpenGroup,
    close_group,
    flush,
    open_group,
    take_dense,
    take_map,
)
from dombit.kernels import NUMPY, Kernels
from dombit.layout import Span
from dombit.limits import LEVELS
from dombit.rebuild import Outputs, fill_constants, finish_integers
from dombit.records import CONSTANT, MAP, STORED, Tensor, Unit
from dombit.stored import close_stored, lay_out_bytes, take_stored


class StreamFile:
    """A stream that is open for reading single tensors; use it as a context manager.

    `keys`, `get_tensor`, `get_slice` and `metadata` are as in safetensors.safe_open. Raises
    DombitError where the stream is damaged; a tensor is checked against its digest where the
    stream carries one.
    """

    def __init__(
        self,
        source: Source,
        convert: Callable[[Tensor, NDArray[np.uint8]], Any],
        kernels: Kernels = NUMPY,
    ) -> None:
        """Read the end, the index, the structure, and the digests."""
        if size_of(source) is None:
            source = b"".join(reading_chunks(source))
        self._units = Units(source)
        self.reader = self._units.reader
        self.directory = read_directory(self._units)
        self._convert = convert
        self._kernels = kernels
        structure = self.directory.structure
        self._numbers = {structure.tensors[number].name: number for number in structure.visible}
        self._places = {number: place for place, number in enumerate(structure.visible)}

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
        groups = self._groups_of(position)
        check_cover(whole, [self._read_group(row, target, outputs, rows) for row in groups])
        return tensor_bytes(tensor, outputs, number)

    def _groups_of(self, position: int) -> list[int]:
        """Return the index rows of the groups that hold a tensor."""
        index = self._units.index
        return [
            row
            for row in self._units.rows(registry.GROUP)
            if 0 <= position - int(index.first[row]) < int(index.count[row])
        ]

    def _members(self, row: int) -> list[int]:
        """Return the index rows of a group and of its segments or stored units."""
        kinds = self._units.index.unit_type
        members = [row]
        for later in range(row + 1, kinds.size):
            if kinds[later] in (registry.GROUP, registry.MODEL_END):
                break
            if kinds[later] in (registry.SEGMENT, registry.STORED_DATA):
                members.append(later)
        return members

    def _read_group(
        self, row: int, target: int, outputs: Outputs, rows: tuple[int, int] | None
    ) -> Span:
        """Decode of a group what lies in one tensor, or in some rows of its first axis."""
        members = self._members(row)
        small = self._units.stop(members[-1]) - int(self._units.starts[row]) <= ONE_READ
        units = self._units.read(members if small else members[:1])
        structure, level = self.directory.structure, LEVELS[self.directory.level]
        group = group_chapter.parse(next(units), structure, level)
        opened = open_group(group, structure, level, self._kernels)
        span = next(span for span in opened.layout.spans if span.number == target)
        if group.coding == CONSTANT:
            fill_constants(group, opened.layout, outputs)
            return span
        first, stop = wanted(span, rows)
        if not small:
            units = self._units.read(self._needed(members[1:], opened, first, stop))
        if group.coding == STORED:
            sequence = lay_out_bytes(opened.layout, group.alignment)
            for unit in units:
                take_stored(sequence, unit.payload, outputs)
            close_stored(sequence)
        else:
            self._read_coded(opened, span, (first, stop), units, outputs)
        return span

    def _needed(self, members: list[int], opened: OpenGroup, first: int, stop: int) -> list[int]:
        """Return the rows of the maps, and of the segments that hold some symbols."""
        if opened.group.coding == STORED:
            return members
        index, maps, needed = self._units.index, opened.map_values.size, []
        for row in members:
            begin, count = int(index.first[row]), int(index.count[row])
            if maps > 0 or (begin < stop and first < begin + count):
                needed.append(row)
            maps -= count
        return needed

    def _read_coded(
        self,
        opened: OpenGroup,
        span: Span,
        symbols: tuple[int, int],
        units: Iterator[Unit],
        outputs: Outputs,
    ) -> None:
        """Decode the maps of a group, and the dense segments that hold some symbols."""
        batch = Batch(kernels=self._kernels)
        for unit in units:
            segment = segment_chapter.parse(unit, opened.level)
            where = f"units[{unit.number}]"
            if segment.kind == MAP:
                take_map(opened, segment, where)
            elif segment.first < symbols[1] and symbols[0] < segment.first + segment.count:
                if opened.dense_done <= segment.first <= symbols[0]:
                    opened.dense_done = segment.first  # those before it are not looked at
                batch.add(take_dense(opened, segment, where, unit.start))
            if batch.full:
                flush(batch, outputs)
        flush(batch, outputs)
        close_group(opened, symbols[1] if symbols[0] < symbols[1] else 0)
        finish_integers(opened.group, [span], outputs)

    def _check(self, number: int, tensor: Tensor, data: NDArray[np.uint8]) -> None:
        """Compare a whole tensor with its digest, where the stream has one."""
        digests = self.directory.end.tensor_digests
        if digests:
            place = self._places[number]
            identity.check_tensor(
                identity.tensor_digest(data), digests[32 * place : 32 * place + 32], tensor.name
            )


def check_cover(whole: Tensor, spans: list[Span]) -> None:
    """Refuse a tensor that the groups which the index shows do not hold completely."""
    done, size = 0, elements(whole.shape)
    for span in spans:
        share = max(1, math.prod(span.coded) // max(1, size))
        if span.offset // share == done:
            done += span.count // share
    if not spans or done != size:
        message = f"groups hold {done} of {size} elements"
        fail("malformed", "R-DEC-056", message, stage="parameters", tensor=whole.name)


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
        rows = self._rows(first) if isinstance(first, slice) else None
        data = self._stream._bytes(self._number, rows)
        if rows is None:
            self._stream._check(self._number, self._tensor, data)
        return self._stream._convert(self._tensor, data)[key]

    def _rows(self, asked: slice) -> tuple[int, int] | None:
        """Return the rows of the first axis to decode; None: all, the digest can be checked."""
        tensor = self._tensor
        if not tensor.shape or tensor.dtype.bits < 8 or tensor.alias is not None:
            return None
        span = range(*asked.indices(tensor.shape[0]))
        rows = (min(span), max(span) + 1) if span else (0, 0)
        return None if rows == (0, tensor.shape[0]) else rows
