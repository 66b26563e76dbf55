"""Table: many rows of small numbers, as columns behind a directory (chapter 3)."""

# A broadcast or absent column can stand for a billion rows: it is expanded without memory, as a
# view whose stride is zero.  Who loops over rows must have checked their number before.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import unzigzag, zigzag
from dombit.bitstream.columns import WIDTHS, Column, ColumnValues, Entry
from dombit.bitstream.entries import NONE_RESERVED, Present, read_directory
from dombit.bitstream.source import SIZE_LIMIT, Source, summary
from dombit.errors import Kind


class TableReader:
    """Reads the columns of a payload, which are asked for in ascending order of their ids."""

    def __init__(
        self,
        source: Source,
        start: int,
        count: int,
        columns: Sequence[Column],
        reserved: Mapping[int, str] = NONE_RESERVED,
    ) -> None:
        """Read and check the directory of `count` entries that begins at `start`.

        `reserved` names the ids that a later version defines; they are refused, ancillary or not.
        """
        self._source = source
        self._columns = {column.name: column for column in columns}
        self._present = read_directory(source, start, count, columns, reserved)
        self._next = 0

    def integers(
        self, name: str, rows: int | None, default: NDArray[np.int64] | None = None
    ) -> NDArray[np.int64]:
        """Return a column as int64[rows]; a view with stride 0 where one value stands for all.

        `rows` None: as many rows as the column holds. `default` is what the caller computed for
        a column whose default depends on others.
        """
        column, present = self._columns[name], self._find(name)
        if present is None:
            return self._absent(column, rows or 0, default)

        self._check_rows(column, present, rows, (present.stop - present.start) // present.width)
        values = self._elements(column, present)
        self._check_range(column, present, values)

        count = values.size if rows is None else rows
        return values if values.size == count else np.broadcast_to(values, count)

    def rows_of(self, name: str, values: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
        """Return a column that was read before its rows were known, as int64[rows], checked."""
        present = next((item for item in self._present if item.id == self._columns[name].id), None)
        if present is None:
            return self._absent(self._columns[name], rows, None)
        self._check_rows(self._columns[name], present, rows, values.size)
        return values if values.size == rows else np.broadcast_to(values, rows)

    def octets(self, name: str, size: int | None) -> memoryview:
        """Return a column of bytes of the given size (None: any, but it must be there)."""
        column, present = self._columns[name], self._find(name)
        if present is None:
            if size != 0 and column.default is None:
                self._refuse_absent(column)
            return memoryview(b"")

        data = self._source.data[present.start : present.stop]
        self._tell(present, bytes(data[:64]), column)
        if size is not None and len(data) != size:
            self._refuse_size(column, present, f"{len(data)} bytes, not {size}")
        return data

    def names(self) -> list[str]:
        """Return the names of the known columns that are there."""
        return [item.column.name for item in self._present if item.column]

    def finish(self) -> None:
        """Skip what is left; columns that nobody asked for were not checked."""
        while self._next < len(self._present):
            self._skip()

    def refuse_element(
        self,
        kind: Kind,
        rule: str,
        message: str,
        name: str,
        row: int,
        *,
        tensor: str | None = None,
    ) -> NoReturn:
        """Raise an error at one element of a column (at the first where one stands for all)."""
        places = [item for item in self._present if item.column and item.column.name == name]
        position = 0
        if places:
            position = min(places[0].start + row * max(1, places[0].width), places[0].stop - 1)
        self._source.refuse(kind, rule, message, position, tensor=tensor)

    def _find(self, name: str) -> Present | None:
        """Return the column if it is the next known one, skipping the unknown before it."""
        wanted = self._columns[name].id
        while self._next < len(self._present) and self._present[self._next].id < wanted:
            self._skip()
        if self._next == len(self._present) or self._present[self._next].id != wanted:
            return None
        present = self._present[self._next]
        self._next += 1
        return present

    def _skip(self) -> None:
        present = self._present[self._next]
        self._next += 1
        self._tell(present, "skipped", present.column)

    def _tell(self, present: Present, value: Any, column: Column | None) -> None:
        name = column.name if column else f"column_{present.id}"
        meaning, rule = (column.meaning, column.rule) if column else ("Unknown, ancillary.", "")
        path = f"columns.{name}"
        self._source.tell(path, present.start, present.stop, value, meaning=meaning, rule=rule)

    def _elements(self, column: Column, present: Present) -> NDArray[np.int64]:
        size = present.stop - present.start
        stored = np.frombuffer(
            self._source.data, f"<u{present.width}", size // present.width, present.start
        )
        values = stored.astype(np.int64)
        values = unzigzag(values.view(np.uint64)) if column.kind == "signed" else values
        self._tell(present, summary(values), column)
        if present.width == 8 and stored.max() >= SIZE_LIMIT:
            row = int(np.argmax(stored >= SIZE_LIMIT))
            self._source.check_size(int(stored[row]), present.start + 8 * row)
        return values

    def _check_rows(self, column: Column, present: Present, rows: int | None, found: int) -> None:
        if rows is None or (found == rows and rows):
            return
        if found == 1 and rows and column.broadcast:
            return
        self._refuse_size(column, present, f"{found} elements for {rows} rows")

    def _check_range(self, column: Column, present: Present, values: NDArray[np.int64]) -> None:
        if int(values.min()) >= column.low and int(values.max()) <= column.high:
            return
        row = int(np.argmax((values < column.low) | (values > column.high)))
        message = f"{column.name}: {values[row]} is not in {column.low}..{column.high}"
        position = present.start + row * present.width
        self._source.refuse(column.failure, column.rule, message, position)

    def _absent(
        self, column: Column, rows: int, default: NDArray[np.int64] | None
    ) -> NDArray[np.int64]:
        if default is not None:
            return default
        if rows and not isinstance(column.default, int):
            self._refuse_absent(column)
        value = column.default if isinstance(column.default, int) else 0
        return np.broadcast_to(np.int64(value), rows)

    def _refuse_absent(self, column: Column) -> NoReturn:
        self._source.refuse("malformed", "R-CON-005", f"column {column.name} is missing")

    def _refuse_size(self, column: Column, present: Present, found: str) -> NoReturn:
        self._source.refuse("malformed", "R-CON-006", f"{column.name}: {found}", present.start)


def build_table(
    columns: Sequence[Column],
    values: ColumnValues,
    start: int,
    defaults: Mapping[str, NDArray[Any]] | None = None,
) -> tuple[int, bytes]:
    """Return the number of columns and the bytes of directory and columns.

    `values` holds one element a row of every column (bytes for columns of bytes); `start` is the
    width of the fixed part before. Empty columns and those equal to their default are left out,
    a column of equal elements is written as one, and elements take the smallest width.
    """
    stored = []
    for column in columns:
        packed = _stored(column, values.get(column.name), (defaults or {}).get(column.name))
        if packed is not None:
            stored.append((column, *packed))
    position = start + len(stored) * Entry.width()

    directory, body = bytearray(), bytearray()
    for column, width, data in stored:
        gap = -position % max(1, width)
        directory += Entry(column_id=column.id, element=width, flags=0, size=len(data)).build()
        body += bytes(gap) + data
        position += gap + len(data)
    return len(stored), bytes(directory + body)


def _stored(
    column: Column, values: NDArray[Any] | bytes | None, default: NDArray[Any] | None
) -> tuple[int, bytes] | None:
    """Return element width and bytes of a column, or None where it is left out."""
    if values is None or len(values) == 0:
        return None
    if isinstance(values, bytes):
        return 0, values
    numbers = values.astype(np.int64)
    if _is_default(column, numbers, default):
        return None
    if column.kind == "signed":
        numbers = zigzag(numbers).view(np.int64)
    if column.broadcast and numbers.size > 1 and (numbers == numbers[0]).all():
        numbers = numbers[:1]
    width = next(w for w in WIDTHS if int(numbers.max()) < 1 << 8 * w)
    return width, numbers.astype(f"<u{width}").tobytes()


def _is_default(column: Column, values: NDArray[np.int64], default: NDArray[Any] | None) -> bool:
    if default is not None:
        return bool(np.array_equal(values, default))
    return isinstance(column.default, int) and bool((values == column.default).all())
