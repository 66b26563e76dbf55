"""Directory: what is read of a stream when it is opened for range reads (chapter 9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dombit.bitstream import container, registry
from dombit.bitstream import header as header_chapter
from dombit.bitstream import index as index_chapter
from dombit.bitstream import metadata as metadata_chapter
from dombit.bitstream import model_end as end_chapter
from dombit.bitstream import structure as structure_chapter
from dombit.bitstream.index_rows import first_and_count
from dombit.bitstream.packed import MAX_PACKED
from dombit.errors import DombitError, fail, locating
from dombit.files import RangeReader, Source, size_of
from dombit.held import FindRoot, no_root, root_tensors
from dombit.identity import DIGEST_BYTES
from dombit.limits import default_limits
from dombit.records import Index, ModelEnd, StreamHeader, Structure, Unit
from dombit.signature import SIGNATURE, check_signature
from dombit.unpacked import is_packed, rows_of, unpacked
from dombit.walk import walk

TAIL_READ = 1 << 16
"""Bytes of the first read: the end, nearly always the index, often the digests."""
SAID = ("unit_type", "first", "count")
"""What the index says of a unit beside its size."""
MOST_PACKED = MAX_PACKED + 64
"""Bytes of a packed stream that is not deflated, at most."""
BEGIN = [registry.HEADER, registry.STRUCTURE]
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
        """Read the end of the stream and the index, or walk where there is none."""
        self.reader = RangeReader(source)
        self.limits = default_limits(self.reader.size)
        self._tail_start, self._tail = 0, memoryview(b"")
        self._head = memoryview(b"")
        self._short: list[Unit] | None = None
        """All units of a packed stream."""
        try:
            self._tail_start = max(0, self.reader.size - TAIL_READ)
            self._tail = memoryview(self.reader.read_at(self._tail_start, TAIL_READ))
            self.walked, self.index = self._find_units()
            self.starts = index_chapter.offsets(self.index)
        except BaseException:
            self.reader.close()
            raise

    def _find_units(self) -> tuple[bool, Index]:
        """Return whether the stream has no index, and the index or what it would say."""
        # Only a packed stream that deflation made larger has more bytes than this.
        if self.reader.size <= MOST_PACKED and self._packed():
            return True, rows_of(self._short or ())
        try:
            with locating(unit="end"):
                end = index_chapter.parse_end(
                    self._tail[-index_chapter.TAIL_BYTES :], self.reader.size
                )
            if end.index_offset:
                return False, self._read_index(end.index_offset)
        except DombitError:
            if self._packed():
                return True, rows_of(self._short or ())
            check_signature(self.range(0, len(SIGNATURE)))  # what is no stream is told as that
            raise
        self.read_front(len(SIGNATURE))
        return True, walk(self.range, self.reader.size, self.limits)

    def _packed(self) -> bool:
        """Read the whole stream if it is a packed one."""
        if is_packed(self.range(0, len(SIGNATURE) + container.UnitHeader.width())):
            self._short = unpacked(self.range(0, self.reader.size), self.limits)
        return self._short is not None

    def _read_index(self, start: int) -> Index:
        block = self.range(start, self.reader.size - start)
        try:
            unit = container.read_unit_at(block, start, self.limits.inflated_bytes)
            if unit.type != registry.INDEX:
                fail("malformed", "R-IDX-009", "no index is there", stage="container", at=start)
            return index_chapter.parse(unit, 1, self.limits)
        except DombitError as error:
            error.unit = "index"  # its number is known only once it is read
            raise error.located(at=start) from None

    def read_front(self, stop: int) -> None:
        """Check the signature; what lies between it and `stop` is read along with it, if small."""
        if self._short is not None:
            return
        size = stop if stop <= ONE_READ else len(SIGNATURE)
        self._head = self.range(0, size)
        check_signature(self._head)

    def range(self, start: int, size: int) -> memoryview:
        """Return a range of the stream, from what is there already where possible."""
        if start + size <= len(self._head):
            return self._head[start : start + size]
        if start >= self._tail_start:
            return self._tail[start - self._tail_start :][:size]
        return memoryview(self.reader.read_at(start, size))

    def rows(self, *kinds: int) -> list[int]:
        """Return the index rows of units of some types."""
        return [int(row) for row in np.flatnonzero(np.isin(self.index.unit_type, kinds))]

    def read(self, rows: list[int]) -> Iterator[Unit]:
        """Yield units that follow each other, with one read where they are small."""
        if self._short is not None:
            yield from (self._short[row] for row in rows)
            return
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

    @property
    def behind(self) -> int:
        """Offset of what follows the listed units: the index, or the end unit."""
        return self.stop(-1) if self.starts.size else len(SIGNATURE)

    def _cut(self, block: memoryview, row: int) -> Unit:
        start, where = int(self.starts[row]), f"units[{row}]"
        with locating(at=start, unit=where):
            unit = container.read_unit_at(block, start, self.limits.inflated_bytes, row)
        said = tuple(int(getattr(self.index, name)[row]) for name in SAID)
        if unit.size != len(block) or (unit.type, *first_and_count(unit)) != said:
            message = "the index disagrees with a unit"
            fail("malformed", "R-DEC-055", message, stage="container", at=start, unit=where)
        return unit


def read_directory(units: Units, find_root: FindRoot = no_root) -> Directory:
    """Read stream header, structure, metadata and model end.

    `find_root` gives the root of a model that inherits its tensors.
    """
    front = units.rows(registry.HEADER, registry.STRUCTURE, registry.METADATA)
    ends = units.rows(registry.MODEL_END)
    kinds = [int(units.index.unit_type[row]) for row in front]
    if (kinds[:2], kinds.count(registry.STRUCTURE), len(ends)) != (BEGIN, 1, 1):
        message = "the index does not list one model"
        fail("malformed", "R-DEC-054", message, stage="container", at=units.behind, unit="index")
    units.read_front(units.stop(front[-1]))
    parts = {unit.type: unit for unit in units.read(front)}
    header = header_chapter.parse(parts[registry.HEADER])
    _check_indexed(header, units)
    structure = structure_chapter.parse(
        parts[registry.STRUCTURE],
        units.limits,
        features=header.required_features,
        find_tensors=root_tensors(find_root),
    )
    metadata = parts.get(registry.METADATA)
    end = next(units.read(ends[:1]))
    return Directory(
        level=header.level,
        structure=structure,
        metadata=metadata_chapter.parse(metadata, units.limits) if metadata is not None else {},
        end=end_chapter.parse(end, structure),
    )


def stated_digest(source: Source) -> bytes | None:
    """Return the model digest that a stream states, unchecked; none of its data is read.

    b"" for a stream whose end cannot be found; None for a pipe, which would have to be read.
    """
    if size_of(source) is None:
        return None
    start = source.tell() if hasattr(source, "read") else 0
    try:
        units = Units(source)
        with units.reader:
            ends = units.rows(registry.MODEL_END)
            return b"".join(bytes(unit.payload[:DIGEST_BYTES]) for unit in units.read(ends[:1]))
    except DombitError:
        return b""
    finally:
        if hasattr(source, "read"):
            source.seek(start)


def _check_indexed(header: StreamHeader, units: Units) -> None:
    """Refuse a header that announces an index that is not there, or does not that which is."""
    if header.indexed == units.walked:
        rule, some = ("R-CON-043", "an") if units.walked else ("R-CON-042", "no")
        message, where = f"the header announces {some} index", "end" if units.walked else "index"
        fail("malformed", rule, message, stage="container", at=units.behind, unit=where)
