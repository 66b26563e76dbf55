"""Place: which fields a byte of the stream belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dombit.events import Event, FaultFound, UnitRead
from dombit.terminal import escape
from dombit.trace import FieldRead
from dombit_tools.inspect.objects import as_object, field_object
from dombit_tools.inspect.rules import clause
from dombit_tools.inspect.tree import unit_text
from dombit_tools.inspect.words import dump, fault_lines, place_text, value_text

ITEMS = {"states": ("lane", 4), "words": ("word", 2)}
"""Fields that are lists: what an element is, and its bytes."""


class PlaceFinder:
    """Collects what covers one byte: the unit, its fields, and the faults of that unit."""

    def __init__(self, offset: int) -> None:
        """Take the offset of the byte in the stream."""
        self._offset = offset
        self._unit: UnitRead | None = None
        self._fields: list[FieldRead] = []
        self._faults: list[FaultFound] = []

    def take(self, event: Event) -> None:
        """Keep an event that covers the byte."""
        if isinstance(event, UnitRead) and event.start <= self._offset < event.stop:
            self._unit = event if not (event.short and event.deflated) else self._unit
        elif isinstance(event, FieldRead) and event.inflated is None:
            if event.start <= self._offset < event.stop:
                self._fields.append(event)
        elif isinstance(event, FaultFound) and self._near(event):
            self._faults.append(event)

    def _near(self, event: FaultFound) -> bool:
        at, unit = event.error.at, self._unit
        return at == self._offset or (
            at is not None and unit is not None and unit.start <= at < unit.stop
        )

    def lines(self) -> Iterator[str]:
        """Yield what was found, the smallest field first."""
        yield f"byte {place_text(self._offset)}"
        if self._unit is not None:
            yield f"units[{self._unit.number}] {unit_text(self._unit)}"
        for event in sorted(self._fields, key=lambda event: event.stop - event.start):
            yield f"{escape(event.path)} = {value_text(event)}"
            yield f"  {self._part_of(event)}"
            if event.meaning:
                yield f"  {escape(event.meaning)}"
            yield f"  {clause(event.rule, event.path)}"
            for line in dump(event.start, event.raw, event.stop - event.start):
                yield f"  {line.rstrip()}"
        if not self._fields:
            yield "no field was read here"
        if self._unit is not None and any(
            event.path.endswith(".deflated") for event in self._fields
        ):
            packed = self._unit.name == "packed"
            view = "--tree" if packed else f"--path units[{self._unit.number}].{self._unit.name}"
            yield f"what it inflates to: {view}"
        for fault in self._faults:
            yield from fault_lines(fault.error)

    def _part_of(self, event: FieldRead) -> str:
        """Return which byte of a field it is, and which element of a list of words."""
        at, size = self._offset - event.start, event.stop - event.start
        name, width = ITEMS.get(event.path.rpartition(".")[2], ("", 1))
        item = f", {name} {at // width:,} of {size // width:,}" if name else ""
        return f"byte {at:,} of {size:,}{item}"

    def object(self) -> dict[str, Any]:
        """Return what was found as an object."""
        return {
            "offset": self._offset,
            "unit": None if self._unit is None else as_object(self._unit),
            "fields": [
                {**field_object(event), "clause": clause(event.rule, event.path)}
                for event in sorted(self._fields, key=lambda event: event.stop - event.start)
            ],
            "faults": [as_object(fault) for fault in self._faults],
        }
