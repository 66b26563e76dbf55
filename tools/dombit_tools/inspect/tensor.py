"""Tensor: where the bytes of one tensor are, and with which parameters they are coded."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from dombit.events import DigestRead, Event, SpanRead, TensorRead, UnitRead
from dombit.terminal import escape
from dombit.trace import FieldRead
from dombit_tools.inspect.tree import unit_text
from dombit_tools.inspect.words import (
    bits_text,
    classes_text,
    joined,
    place_text,
    steps_text,
    tensor_text,
    zeros_text,
)

SHOWN = ("table_count", "exponent_count", "hybrid_split", "hybrid_msb", "hybrid_lsb", "alignment")
"""Fields of a group that a tensor's reader wants."""


@dataclass(kw_only=True)
class Part:
    """A segment or stored unit of a group."""

    unit: UnitRead
    kind: str
    first: int = 0
    count: int = 0


@dataclass(kw_only=True)
class Home:
    """A group that holds the tensor, or some of its rows."""

    unit: UnitRead
    span: SpanRead | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)

    def needed(self) -> list[Part]:
        """Return the units that hold symbols or maps of the tensor, those of a stored group all."""
        return [part for part in self.parts if part.kind != "dense" or self.overlap(part)]

    def overlap(self, part: Part) -> int:
        """Return how many symbols of a dense segment are the tensor's."""
        if self.span is None:
            return 0
        stop = min(part.first + part.count, self.span.start + self.span.count)
        return max(0, stop - max(part.first, self.span.start))

    def share(self) -> float:
        """Return about how many bytes of dense segments are the tensor's, by its symbols."""
        dense = [part for part in self.parts if part.kind == "dense" and part.count]
        return sum(
            (part.unit.stop - part.unit.start) * self.overlap(part) / part.count for part in dense
        )


class TensorFinder:
    """Collects what the stream says of the tensor of one name."""

    def __init__(self, name: str) -> None:
        """Take the name."""
        self._name = name
        self._names: list[str] = []
        self._found: TensorRead | None = None
        self._number = -1
        """Number of the tensor that holds the data: another one for an alias."""
        self._group: Home | None = None
        self._homes: list[Home] = []
        self._digest = b""

    @property
    def found(self) -> bool:
        """Whether there is such a tensor."""
        return self._found is not None

    def near(self) -> list[str]:
        """Return a few names that look like the one that was asked for."""
        return difflib.get_close_matches(self._name, self._names, 3, 0.3) or self._names[:3]

    def take(self, event: Event) -> None:
        """Keep an event that speaks of the tensor, its groups or their segments."""
        if isinstance(event, UnitRead):
            self._unit(event)
        elif isinstance(event, FieldRead):
            self._field(event)
        elif isinstance(event, TensorRead):
            self._tensor(event)
        elif isinstance(event, SpanRead) and event.number == self._number and self._group:
            self._group.span = event
            self._homes.append(self._group)
        elif isinstance(event, DigestRead) and self.found and event.number == self._found_number:
            self._digest = event.digest

    @property
    def _found_number(self) -> int:
        return self._found.number if self._found else -1

    def _tensor(self, event: TensorRead) -> None:
        self._names.append(event.name)
        if event.name == self._name:
            self._found = event
            self._number = event.number if event.alias_of is None else event.alias_of

    def _unit(self, unit: UnitRead) -> None:
        if unit.name == "group":
            self._group = Home(unit=unit)
        elif unit.name in {"segment", "stored"} and self._group is not None:
            self._group.parts.append(Part(unit=unit, kind=unit.name))
        else:
            self._group = None

    def _field(self, event: FieldRead) -> None:
        top, _, rest = event.path.partition(".")
        kind, _, name = rest.partition(".")
        group = self._group
        if group is None:
            return
        if kind == "group" and name in SHOWN:
            group.fields[name] = event.value
        part = group.parts[-1] if group.parts else None
        if part is None or kind != "segment" or top != f"units[{part.unit.number}]":
            return
        if name == "kind":
            part.kind = event.symbol
        elif name == "first":
            part.first = int(event.value)
        elif name == "count":
            part.count = int(event.value)

    # ------------------------------------------------------------------------------------ telling

    def lines(self) -> Iterator[str]:
        """Yield what was found."""
        if self._found is None:
            return
        yield f"tensors[{self._found.number}] {tensor_text(self._found)}"
        size = math.prod(self._found.shape)
        decoded = (size * self._found.bits + 7) // 8
        yield f"  {size:,} elements, {decoded:,} bytes decoded"
        if self._digest:
            yield f"  digest {self._digest.hex()}"
        if self._found.alias_of is not None:
            named = dict(enumerate(self._names)).get(self._number, "")
            yield f'  its data is that of tensors[{self._number}] "{escape(named)}"'
        for home in self._homes:
            yield from home_lines(home)
        if not self._homes:
            yield "  no group that could be read holds it"

    def object(self) -> dict[str, Any]:
        """Return what was found as an object."""
        if self._found is None:
            return {"tensor": None}
        return {
            "tensor": asdict(self._found),
            "digest": self._digest.hex() or None,
            "groups": [
                {
                    "unit": asdict(home.unit),
                    "span": asdict(home.span) if home.span else None,
                    "fields": home.fields,
                    "about_bytes": round(home.share()),
                    "units": [
                        {**asdict(part.unit), "kind": part.kind, "first": part.first,
                         "count": part.count, "symbols": home.overlap(part)}
                        for part in home.needed()
                    ],
                }
                for home in self._homes
            ],
        }  # fmt: skip


def home_lines(home: Home) -> Iterator[str]:
    """Yield what a group says of the tensor, and which units hold it."""
    span = home.span
    if span is None:
        return
    yield f"  units[{home.unit.number}] {unit_text(home.unit)}"
    rows = f"rows {span.first_row:,} to {span.first_row + span.axis_groups[0]:,}"
    sizes = " x ".join(f"{size:,}" for size in span.axis_groups)
    yield f"    coding {span.coding}, {rows}, axis groups {sizes}"
    if said := joined((steps_text(span), classes_text(span), zeros_text(span))):
        yield f"    {said}"
    if fields := ", ".join(f"{name} {value}" for name, value in home.fields.items() if value):
        yield f"    {fields}"
    if span.coding not in {"stored", "constant"}:
        share = (
            f"about {home.share():,.0f} bytes, {bits_text(home.share(), span.elements)} bit each"
        )
        yield f"    symbols {span.start:,} to {span.start + span.count:,} of the group: {share}"
    for part in home.needed():
        yield f"    {part_text(home, part)}"


def part_text(home: Home, part: Part) -> str:
    """Return where a unit lies, and which of its symbols are the tensor's."""
    unit = part.unit
    text = (
        f"units[{unit.number}] at byte {place_text(unit.start)}, {unit.stop - unit.start:,} bytes"
    )
    if part.kind in {"stored", "segment"}:
        return f"{text}: {part.kind}"
    if part.kind != "dense":
        return f"{text}: {part.kind}, {part.count:,} symbols for all tensors of the group"
    return f"{text}: dense, {home.overlap(part):,} of {part.count:,} symbols"
