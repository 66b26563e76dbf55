"""Ranges: of the groups of a stream what one tensor, or some of its rows, need (chapter 15)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dombit.batch import Batch
from dombit.bitstream import group as group_chapter
from dombit.bitstream import registry
from dombit.bitstream import segment as segment_chapter
from dombit.differing import Differing, Finder, differing, everything_of
from dombit.digests import source_of, tensor_bytes
from dombit.directory import ONE_READ, Directory, Units
from dombit.dtypes import elements
from dombit.errors import fail, locating
from dombit.groups import (
    OpenGroup,
    Put,
    close_group,
    flush,
    open_group,
    take_dense,
    take_map,
)
from dombit.held import FindRoot, known_digests, open_root
from dombit.kernels import Kernels
from dombit.layout import Span, walk_classes
from dombit.limits import LEVELS
from dombit.predictor import Predictor
from dombit.rebuild import Outputs, fill_constants, finish_integers
from dombit.records import CONSTANT, MAP, STORED, Tensor, Unit
from dombit.sparse import rebuild_any
from dombit.stored import close_stored, lay_out_bytes, take_stored


class PartReader:
    """Decodes single tensors of an open stream, or rows of them."""

    def __init__(
        self, units: Units, directory: Directory, kernels: Kernels, find_root: FindRoot
    ) -> None:
        """Take the units of a stream and what was read when it was opened."""
        self._find_root = find_root
        self._units = units
        self._directory = directory
        self._kernels = kernels

    def read(self, target: int, rows: tuple[int, int] | None) -> NDArray[np.uint8]:
        """Return the bytes of a tensor that is no alias, by number, as one flat uint8 array.

        `rows` of its first axis (first, end); None: all. Those outside stay zero. Raises
        DombitError where a unit that is needed is damaged.
        """
        coded = (self._directory.structure.coded_order == target).any()
        if self._predictor is not None and not coded:  # a copy of its root tensor
            return self._predictor.data(target)
        return self._read_coded_tensor(target, rows, rebuild_any)[0]

    def _read_coded_tensor(
        self, target: int, rows: tuple[int, int] | None, put: Put
    ) -> tuple[NDArray[np.uint8], list[bool]]:
        """Return the bytes of a tensor that is coded, and which of its groups are sparse."""
        structure = self._directory.structure
        whole = structure.tensors[target]
        position = int(np.flatnonzero(structure.coded_order == target)[0])
        outputs: Outputs = {target: np.zeros(whole.byte_size, np.uint8)}
        read = [
            self._read_group(row, target, outputs, rows, put) for row in self._groups_of(position)
        ]
        with locating(unit=None if self._units.walked else "index"):
            check_cover(whole, [span for span, _ in read])
        return outputs[target], [sparse for _, sparse in read]

    def changes(self, number: int) -> Differing:
        """Return the elements of a tensor, by number, that are not their predictions.

        A tensor without a root tensor gives all of its elements. Of a sparse one nothing is
        written but these. Raises DombitError where a unit that is needed is damaged.
        """
        structure, predictor = self._directory.structure, self._predictor
        tensor = structure.tensors[number]
        target = number if tensor.alias is None else tensor.alias.target
        if predictor is None or predictor.numbers[number] < 0:
            data = tensor_bytes(tensor, {target: self.read(target, None)}, number)
            return everything_of(data, tensor.dtype, elements(tensor.shape))
        if self._is_prediction(number, predictor):
            return everything_of(np.zeros(0, np.uint8), tensor.dtype, 0)
        finder = Finder(number=number, dtype=tensor.dtype)
        if tensor.alias is None:
            data, sparse = self._read_coded_tensor(number, None, finder.put)
            if all(sparse):
                return finder.found()
            data = self.read(number, None) if any(sparse) else data
        else:
            data = tensor_bytes(tensor, {target: self.read(target, None)}, number)
        return differing(data, predictor.data(number), tensor.dtype, tensor.shape)

    def _is_prediction(self, number: int, predictor: Predictor) -> bool:
        """Whether a tensor is a copy, or the alias of one that is equal to its root tensor."""
        structure, known = self._directory.structure, self._known
        if structure.tensors[number].alias is None:
            return not (structure.coded_order == number).any()
        digest = known.get(source_of(structure, number))
        place = int(predictor.numbers[number])
        return (
            digest is not None
            and predictor.keeps_dtype(number)
            and predictor.root.digests[place] == digest
        )

    @cached_property
    def _known(self) -> dict[int, bytes]:
        """The digests of copied tensors that the root tells."""
        return known_digests(self._directory.structure, self._predictor)

    @cached_property
    def _predictor(self) -> Predictor | None:
        """The root of a DoM, looked for when the first tensor is read."""
        return open_root(self._directory.structure, self._find_root)

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
        self, row: int, target: int, outputs: Outputs, rows: tuple[int, int] | None, put: Put
    ) -> tuple[Span, bool]:
        """Decode of a group what lies in one tensor, or in some rows of its first axis.

        Returns the tensor's place in the group, and whether that is sparse.
        """
        members = self._members(row)
        small = self._units.stop(members[-1]) - int(self._units.starts[row]) <= ONE_READ
        units = self._units.read(members if small else members[:1])
        with locating(at=int(self._units.starts[row]), unit=f"units[{row}]"):
            opened = self._open_group(next(units))
            span = next(span for span in opened.layout.spans if span.number == target)
            if opened.group.coding == CONSTANT:
                fill_constants(opened.group, opened.layout, outputs)
                return span, False
        first, stop = wanted(span, rows)
        if not small:
            units = self._units.read(self._needed(members[1:], opened, first, stop))
        if opened.group.coding == STORED:
            self._read_stored(opened, units, outputs)
        else:
            self._read_coded(opened, span, (first, stop), units, outputs, put=put)
        return span, opened.group.sparse

    def _open_group(self, unit: Unit) -> OpenGroup:
        structure, level = self._directory.structure, LEVELS[self._directory.level]
        predictor = self._predictor
        roots = predictor.numbers if predictor is not None else None
        group = group_chapter.parse(unit, structure, level, roots=roots)
        return open_group(group, structure, level, self._kernels, predictor)

    def _needed(self, members: list[int], opened: OpenGroup, first: int, stop: int) -> list[int]:
        """Return the rows of the maps, and of the segments that hold some symbols.

        All of them where they do not seem to follow each other: reading them tells why.
        """
        if opened.group.coding == STORED:
            return members
        index, maps, done, needed = self._units.index, opened.map_values.size, 0, []
        for row in members:
            begin, count = int(index.first[row]), int(index.count[row])
            if maps > 0:
                maps -= count
                needed.append(row)
                continue
            if begin != done:
                return members
            done += count
            if begin < stop and first < done:
                needed.append(row)
        return needed if done == opened.layout.total else members

    def _read_stored(self, opened: OpenGroup, units: Iterator[Unit], outputs: Outputs) -> None:
        """Copy the bytes of a stored group."""
        sequence = lay_out_bytes(opened.layout, opened.group.alignment)
        where = ""
        for number, unit in enumerate(units, 1):
            where, last = f"units[{unit.number}]", number == opened.group.segment_count
            with locating(at=unit.start, unit=where):
                take_stored(sequence, unit.payload, outputs, last=last)
        with locating(unit=where or None):
            close_stored(sequence)

    def _read_coded(
        self,
        opened: OpenGroup,
        span: Span,
        symbols: tuple[int, int],
        units: Iterator[Unit],
        outputs: Outputs,
        *,
        put: Put,
    ) -> None:
        """Decode the maps of a group, and the dense segments that hold some symbols."""
        batch, where = Batch(kernels=self._kernels), ""
        for unit in units:
            where = f"units[{unit.number}]"
            with locating(at=unit.start, unit=where):
                self._take_segment(opened, unit, symbols, batch)
            if batch.full:
                flush(batch, outputs, put)
        flush(batch, outputs, put)
        with locating(unit=where or None):
            close_group(opened, symbols[1] if symbols[0] < symbols[1] else 0)
        finish_integers(opened.group, [span], outputs, opened.predictor)

    def _take_segment(
        self, opened: OpenGroup, unit: Unit, symbols: tuple[int, int], batch: Batch
    ) -> None:
        """Decode a map, or let a dense segment that holds some symbols wait for its batch."""
        segment = segment_chapter.parse(unit, opened.level, walk_classes=walk_classes(opened.group))
        where = f"units[{unit.number}]"
        if segment.kind == MAP:
            take_map(opened, segment, where)
        elif segment.first < symbols[1] and symbols[0] < segment.first + segment.count:
            if opened.dense_done <= segment.first <= symbols[0]:
                opened.dense_done = segment.first  # those before it are not looked at
            batch.add(take_dense(opened, segment, where, unit.start))


def check_cover(whole: Tensor, spans: list[Span]) -> None:
    """Refuse a tensor that the groups which the index shows do not hold completely."""
    done, size = 0, math.prod(spans[0].coded) if spans else 1
    for span in spans:
        if span.offset == done:
            done += span.count
    if done != size:
        message = f"groups hold {done} of {size} symbols"
        fail("malformed", "R-DEC-056", message, stage="parameters", tensor=whole.name)


def wanted(span: Span, rows: tuple[int, int] | None) -> tuple[int, int]:
    """Return the stretch of the group's sequence that holds some rows of the first axis."""
    if rows is None or not span.coded:
        return span.start, span.start + span.count
    inner = int(np.prod(span.coded[1:], dtype=np.int64))
    first = min(max(rows[0] * inner - span.offset, 0), span.count)
    stop = min(max(rows[1] * inner - span.offset, 0), span.count)
    return span.start + first, span.start + stop
