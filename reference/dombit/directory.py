"""Directory: what is read of a stream when it is opened for range reads (chapter 9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dombit.bitstream import container, registry
from dombit.bitstream import header as header_chapter
from dombit.bitstream import index as index_chapter
from dombit.bitstream import metadata as metadata_chapter
from dombit.bitstream import model_end as end_chapter
from dombit.bitstream import structure as structure_chapter
from dombit.bitstream.index_rows import first_and_count
from dombit.errors import UsageError, fail
from dombit.files import RangeReader, Source
from dombit.limits import default_limits
from dombit.records import Index, ModelEnd, Structure, Unit

TAIL_READ = 1 << 16
"""Bytes of the first read: the end, nearly always the index, often the digests."""
SAID = ("unit_type", "first", "count")
"""What the index says of a unit beside its size."""
ONE_READ = 1 << 18
"""Units of a tensor that lie within so many bytes are read at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """What is read when a stream is opened."""

    level: int
    structure: Structure
    metadata: dict[str, str]
    end: ModelEnd


class Units:
    """Units of a stream by their row in the index; what one read holds is not read twice."""

    def __init__(self, source: Source) -> None:
        """Read the end of the stream, which nearly always holds the index as well."""
        self.reader = RangeReader(source)
        self.limits = default_limits(self.reader.size)
        self._tail_start = max(0, self.reader.size - TAIL_READ)
        self._tail = memoryview(self.reader.read_at(self._tail_start, TAIL_READ))
        self.index, self.starts = self._read_index()

    def _read_index(self) -> tuple[Index, NDArray[np.int64]]:
        end = index_chapter.parse_end(self._tail[-index_chapter.TAIL_BYTES :], self.reader.size)
        if end.index_offset == 0:
            raise UsageError(
                "the stream has no index", hint="decode it whole, or encode it with one"
            )
        block = self.range(end.index_offset, self.reader.size - end.index_offset)
        unit = container.read_unit_at(block, end.index_offset, self.limits.inflated_bytes)
        index = index_chapter.parse(unit, 1, self.limits)
        return index, index_chapter.offsets(index)

    def range(self, start: int, size: int) -> memoryview:
        """Return a range of the stream, from what is there already where possible."""
        if start >= self._tail_start:
            return self._tail[start - self._tail_start :][:size]
        return memoryview(self.reader.read_at(start, size))

    def rows(self, *kinds: int) -> list[int]:
        """Return the index rows of units of some types."""
        return [int(row) for row in np.flatnonzero(np.isin(self.index.unit_type, kinds))]

    def read(self, rows: list[int]) -> Iterator[Unit]:
        """Yield units that follow each other, with one read where they are small."""
        block, base = memoryview(b""), 0
        stop = self.stop(rows[-1]) if rows else 0
        if rows and stop - int(self.starts[rows[0]]) <= ONE_READ:
            base = int(self.starts[rows[0]])
            block = self.range(base, stop - base)
        for row in rows:
            start, size = int(self.starts[row]), int(self.index.unit_size[row])
            whole = block[start - base :][:size] if block else self.range(start, size)
            yield self._cut(whole, row)

    def stop(self, row: int) -> int:
        """Return the offset behind a unit."""
        return int(self.starts[row] + self.index.unit_size[row])

    def _cut(self, block: memoryview, row: int) -> Unit:
        start = int(self.starts[row])
        unit = container.read_unit_at(block, start, self.limits.inflated_bytes, row)
        said = tuple(int(getattr(self.index, name)[row]) for name in SAID)
        if unit.size != len(block) or (unit.type, *first_and_count(unit)) != said:
            fail(
                "malformed",
                "R-DEC-055",
                "the index disagrees with a unit",
                stage="container",
                at=start,
            )
        return unit


def read_directory(units: Units) -> Directory:
    """Read stream header, structure, metadata and model end."""
    front = units.rows(registry.HEADER, registry.STRUCTURE, registry.METADATA)
    ends = units.rows(registry.MODEL_END)
    kinds = [int(units.index.unit_type[row]) for row in front]
    if kinds[:2] != [registry.HEADER, registry.STRUCTURE] or not ends:
        fail("malformed", "R-DEC-054", "the index lists no model", stage="container")
    parts = {unit.type: unit for unit in units.read(front)}
    header = header_chapter.parse(parts[registry.HEADER])
    structure = structure_chapter.parse(parts[registry.STRUCTURE], units.limits)
    metadata = parts.get(registry.METADATA)
    end = next(units.read(ends[:1]))
    return Directory(
        level=header.level,
        structure=structure,
        metadata=metadata_chapter.parse(metadata, units.limits) if metadata is not None else {},
        end=end_chapter.parse(end, structure),
    )
