"""Survey: what a stream holds, counted from events: units, codings, parts, faults."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from dombit.errors import DombitError
from dombit.events import Event, FaultFound, SpanRead, TensorRead, UnitRead
from dombit.trace import FieldRead

TAIL, SIDES, RAW = "raw fields and side bits", "side bits", "raw fields"
"""What follows the words of a segment: told apart only where its symbols were decoded."""
FRAMING = "framing"
"""Signature, stream header, headers, fill bytes and CRCs of units, end."""
PARTS = {
    "structure": "structure",
    "metadata": "metadata",
    "skeleton": "skeleton",
    "skeleton_data": "skeleton",
    "group": "parameters",
    "stored": "stored bytes",
    "model_end": "digests",
    "index": "index",
    "header": FRAMING,
    "end": FRAMING,
    "packed": FRAMING,
}
"""Part that the payload of a unit is counted to."""
SAID = {"header", "structure", "skeleton", "model_end"}
"""Units whose fixed parts say what the whole stream is."""
FIELDS = {"tables": "tables", "table_map": "tables", "states": "start states", "words": "words"}
"""Fields of groups and segments that are parts of their own."""


@dataclass(kw_only=True)
class Coding:
    """Tensors of one coding and dtype."""

    tensors: int = 0
    elements: int = 0
    bytes: int = 0
    """Of their groups and all units of these, headers included."""


@dataclass(kw_only=True)
class Survey:
    """Collects events; memory does not grow with the stream but for faults and late fields."""

    bytes: int = 0
    """End of the last thing that was read: that of the stream."""
    units: Counter[str] = field(default_factory=Counter)
    codings: defaultdict[tuple[str, str], Coding] = field(
        default_factory=lambda: defaultdict(Coding)
    )
    parts: Counter[str] = field(default_factory=Counter)
    faults: list[DombitError] = field(default_factory=list)
    said: dict[str, tuple[object, str]] = field(default_factory=dict)
    """Value and word of the fields of single units, by the rest of their path: `header.level`."""
    tensors: int = 0
    """Those that are not hidden."""
    weights: int = 0
    """Elements of all float tensors that are not hidden."""
    deflated: int = 0
    """Bytes of payloads that are deflated, as stored."""
    _unit: UnitRead | None = None
    _whole: UnitRead | None = None
    """The unit of the container: the packed one around a short one, else the same."""
    _untold: int = 0
    """Bytes of the payload that no field has told of yet."""
    _inflated: Counter[str] = field(default_factory=Counter)
    _kind: str = ""
    """Kind of the segment, coding and dtype of the group."""
    _key: tuple[str, str] | None = None
    _waiting: int = 0
    """Bytes of a group whose coding is not known yet."""

    def take(self, event: Event) -> None:
        """Count one event."""
        if (isinstance(event, UnitRead) and not event.short) or (
            isinstance(event, FieldRead) and event.inflated is None
        ):
            self.bytes = max(self.bytes, event.stop)
        if isinstance(event, FieldRead):
            self._field(event)
        elif isinstance(event, UnitRead):
            self._begin(event)
        elif isinstance(event, SpanRead):
            self._span(event)
        elif isinstance(event, FaultFound):
            self.faults.append(event.error)
        elif isinstance(event, TensorRead) and not event.hidden:
            self.tensors += 1
            self.weights += math.prod(event.shape) if event.is_float else 0

    def finish(self) -> None:
        """End the last unit."""
        self._end_unit()
        self._end_group()

    # ------------------------------------------------------------------------------------- units

    def _begin(self, unit: UnitRead) -> None:
        if not unit.short:
            self._end_unit()
            self._whole = unit
        if unit.name not in {"segment", "stored"}:
            self._end_group()
        self.units[unit.name] += 1
        self._unit = unit
        self._kind = ""
        if unit.name in {"group", "segment", "stored"}:
            self._add(unit.stop - unit.start)
        if unit.short:
            return
        payload = unit.payload_stop - unit.payload_start
        self._untold = payload
        self.deflated += payload if unit.deflated else 0
        self.parts[FRAMING] += unit.stop - unit.start - payload

    def _end_unit(self) -> None:
        """Count what no field told of; of a deflated or packed payload, share its bytes out."""
        unit, self._unit, self._whole = self._whole, None, None
        if unit is None:
            return
        whole = sum(self._inflated.values())
        if whole:
            stored, left = self._untold, self._untold
            for part, size in self._inflated.items():
                share = stored * size // whole
                self.parts[part] += share
                left -= share
            self._untold = left
        self.parts[self._rest_of(unit)] += self._untold
        self._inflated.clear()

    def _rest_of(self, unit: UnitRead) -> str:
        """Return the part of bytes that no field told of."""
        if unit.name == "segment":
            return "maps" if self._kind == "map" else self._tail
        return PARTS.get(unit.name, "unknown units")

    @property
    def _tail(self) -> str:
        return TAIL if self._key is None or self._key[0] == "float" else SIDES

    # ------------------------------------------------------------------------------------ fields

    def _field(self, event: FieldRead) -> None:
        top, _, rest = event.path.partition(".")
        # A field that begins inside a byte shares it with the field before, which counts it.
        size = event.stop - event.start - (event.bit is not None and event.bit[0] % 8 > 0)
        if not top.startswith("units["):
            self.parts[FRAMING if top == "stream" else "bytes of no unit"] += size
            return
        unit = self._unit
        if unit is None or top != f"units[{unit.number}]":
            self._late(rest, size)
            return
        if rest == "segment.kind":
            self._kind = event.symbol
        if unit.name in SAID and rest.count(".") == 1:
            self.said[rest] = (event.value, event.symbol)
        part = self._part(rest, unit)
        if event.inflated is not None or unit.short:
            self._inflated[part] += size
        elif (
            not unit.deflated
            and unit.payload_start <= event.start <= event.stop <= unit.payload_stop
        ):
            self.parts[part] += size
            self._untold -= size

    def _late(self, rest: str, size: int) -> None:
        """Move bytes of a tail, told when its symbols were decoded, to a part of their own."""
        part = _tail_part(rest.rpartition(".")[2])
        if part is None:
            return
        whole = TAIL if self.parts[TAIL] >= size else SIDES
        self.parts[whole] -= size
        self.parts[part] += size

    def _part(self, rest: str, unit: UnitRead) -> str:
        name = rest.rpartition(".")[2]
        if unit.short and name == rest:
            return FRAMING
        if unit.name == "segment":
            if self._kind == "map":
                return "maps"
            return (
                FIELDS.get(name)
                or _tail_part(name)
                or (self._tail if name == "tail" else "segment heads")
            )
        if unit.name == "group":
            return FIELDS.get(name, "steps" if name.startswith("step_") else "parameters")
        return self._rest_of(unit)

    # ------------------------------------------------------------------------------------ groups

    def _span(self, span: SpanRead) -> None:
        self._key = (span.coding, span.dtype)
        coding = self.codings[self._key]
        coding.tensors += span.first_row == 0
        coding.elements += span.elements
        self._add(0)

    def _add(self, size: int) -> None:
        """Add bytes to the open group."""
        self._waiting += size
        if self._key is not None:
            self.codings[self._key].bytes += self._waiting
            self._waiting = 0

    def _end_group(self) -> None:
        if self._waiting:
            self.codings["unknown", ""].bytes += self._waiting
        self._waiting, self._key = 0, None


def _tail_part(name: str) -> str | None:
    """Return the part of a field of a segment's tail."""
    if name.startswith("raw"):
        return RAW
    return SIDES if name.startswith(("side", "end_payload")) else None
