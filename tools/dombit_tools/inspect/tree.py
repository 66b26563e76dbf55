"""Tree: events as an indented text, a heading for each unit, a line for each field."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from dombit.errors import DombitError
from dombit.events import DigestRead, Event, FaultFound, SpanRead, TensorRead, UnitRead
from dombit.terminal import escape
from dombit.trace import FieldRead
from dombit_tools.inspect.paths import fact_path
from dombit_tools.inspect.words import (
    DUMP_WIDTH,
    dump,
    fault_lines,
    span_text,
    tensor_text,
    value_text,
)

DEEPEST = 99
PLACE_WIDTH = 10
HEX_SHOWN = 32
"""Bytes of a field that a hexadecimal view shows."""


class TreeWriter:
    """Writes the lines of events as they come; keeps the last heading only."""

    def __init__(
        self,
        write: Callable[[str], object],
        *,
        depth: int = DEEPEST,
        hexadecimal: bool = False,
        rules: bool = False,
    ) -> None:
        """Take where the lines go, and what they show.

        `depth`: most components of the path of a field that is shown (units[3] is one).
        """
        self._write = write
        self._depth = depth
        self._hex = hexadecimal
        self._rules = rules
        self._unit: UnitRead | None = None
        self._open: list[str] = []
        """Path of the headings that were written."""

    def take(self, event: Event) -> None:
        """Write one event."""
        if isinstance(event, UnitRead):
            self._unit = event
        elif isinstance(event, FaultFound):
            self._fault(event.error)
        elif isinstance(event, FieldRead):
            self._field(event)
        else:
            self._fact(event)

    def _fault(self, error: DombitError) -> None:
        for line in fault_lines(error):
            self._write(f"!! {line}")

    def _fact(self, event: TensorRead | SpanRead | DigestRead) -> None:
        *parents, name = fact_path(event).split(".")
        self._line("", parents, f"{name} = {fact_text(event)}")

    def _field(self, event: FieldRead) -> None:
        *parents, name = event.path.split(".")
        text = f"{escape(name)} = {field_text(event, rules=self._rules)}"
        if not self._hex:
            self._line(place_of(event), parents, text)
            return
        inflated = event.inflated is not None
        data, size = event.raw[:HEX_SHOWN], event.stop - event.start
        first, *more = dump(event.start, data, size, inflated=inflated) or [""]
        if self._line(first, parents, text):
            for line in more:
                self._write(line.rstrip())

    def _line(self, place: str, parents: list[str], text: str) -> bool:
        """Write a line below its headings; False where it lies deeper than what is shown."""
        self._heads(parents)
        shown = len(parents) < self._depth
        if shown:
            self._write(f"{self._margin(place)}{'  ' * len(parents)}{text}")
        return shown

    def _margin(self, place: str = "") -> str:
        return place.ljust(DUMP_WIDTH) if self._hex else place.rjust(PLACE_WIDTH) + "  "

    def _heads(self, parents: list[str]) -> None:
        """Write those of the headings above a line that were not written yet."""
        pairs = zip(self._open, parents, strict=False)
        common = len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)))
        for depth in range(common, min(len(parents), self._depth)):
            text = escape(parents[depth])
            self._write(
                f"{self._margin()}{'  ' * depth}{text}" if depth else self._heading(parents[0])
            )
        self._open = parents

    def _heading(self, top: str) -> str:
        """Return what a unit is and where it lies."""
        unit = self._unit
        if unit is not None and top == f"units[{unit.number}]":
            return f"{top} {unit_text(unit)}"
        if unit is not None and number_of(top) in range(unit.number):
            return f"{top}, told when its symbols were decoded"
        return f"{escape(top)}: no header that holds" if top.startswith("units") else escape(top)


def number_of(top: str) -> int:
    """Return the number in `units[3]`, -1 for another component."""
    digits = top.removeprefix("units[").removesuffix("]")
    return int(digits) if digits.isdecimal() else -1


def unit_text(unit: UnitRead) -> str:
    """Return name and place of a unit."""
    if unit.short:
        inside = " (+ marks places in its header, and in its payload)" if unit.deflated else ""
        return f"{unit.name}: {unit.stop - unit.start:,} bytes of the packed unit{inside}"
    deflated = ", deflated (+ marks places in the inflated payload)" if unit.deflated else ""
    return f"{unit.name}: bytes {unit.start} to {unit.stop} ({unit.stop - unit.start:,}){deflated}"


def place_of(event: FieldRead) -> str:
    """Return where a field begins."""
    mark = "+" if event.inflated is not None else ""
    bits = f":{event.bit[0]}..{event.bit[1] - 1}" if event.bit else ""
    return f"{mark}{event.start}{bits}"


def field_text(event: FieldRead, *, rules: bool) -> str:
    """Return value, size where it is no small one, meaning, rule."""
    size = event.stop - event.start
    return "".join(
        (
            value_text(event),
            f"  [{size:,} bytes]" if size > 8 else "",
            f"  ; {escape(event.meaning)}" if event.meaning else "",
            f"  {event.rule}" if rules and event.rule else "",
        )
    )


def fact_text(event: TensorRead | SpanRead | DigestRead) -> str:
    """Return what a unit says of a tensor."""
    if isinstance(event, TensorRead):
        return tensor_text(event)
    return span_text(event) if isinstance(event, SpanRead) else f"digest {event.digest.hex()}"
