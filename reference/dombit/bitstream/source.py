"""Source: a payload that is being parsed: its bytes, its place, and whom to tell (chapter 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from dombit.bitstream import registry
from dombit.errors import Kind, Stage, fail
from dombit.records import Unit
from dombit.trace import FieldRead, Trace, no_trace

SIZE_LIMIT = 1 << 53
"""No number of a stream reaches it, so that a double holds every one."""
RAW_SHOWN = 64
VALUES_SHOWN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Bytes that are being parsed; positions are relative to the first of them."""

    data: memoryview
    at: int
    """Offset of the first byte in the stream; where `inflated`: of the deflated payload."""
    inflated: bool = False
    path: str
    """Name of the thing in the trace, e.g. `units[3].group`."""
    stage: Stage
    trace: Trace = no_trace

    def offset(self, position: int) -> int:
        """Return the place in the stream that an error names."""
        return self.at if self.inflated else self.at + position

    def refuse(
        self, kind: Kind, rule: str, message: str, position: int = 0, tensor: str | None = None
    ) -> NoReturn:
        """Raise a DombitError that knows where this payload lies."""
        at = self.offset(position)
        fail(kind, rule, message, stage=self.stage, at=at, unit=self.path, tensor=tensor)

    def tell(
        self,
        name: str,
        start: int,
        stop: int,
        value: Any,
        *,
        bit: tuple[int, int] | None = None,
        meaning: str = "",
        rule: str = "",
        symbol: str = "",
    ) -> None:
        """Trace one field that fills the bytes from start to stop, or these bits of them."""
        if self.trace is no_trace:
            return
        base = 0 if self.inflated else self.at
        event = FieldRead(
            path=f"{self.path}.{name}",
            start=base + start,
            stop=base + stop,
            inflated=self.at if self.inflated else None,
            bit=bit,
            raw=bytes(self.data[start : min(stop, start + RAW_SHOWN)]),
            value=value,
            meaning=meaning,
            rule=rule,
            symbol=symbol,
        )
        self.trace(event)

    def check_size(self, value: int, position: int) -> None:
        """Refuse a number that a double does not hold."""
        if value >= SIZE_LIMIT:
            self.refuse("forbidden-value", "R-CON-001", f"{value} is not below 2^53", position)

    def check_zero(self, start: int, stop: int, name: str) -> None:
        """Trace fill bytes and refuse any that is not zero; no bytes are no field."""
        if start == stop:
            return
        self.tell(name, start, stop, 0, meaning="Fill bytes, zero.")
        if any(self.data[start:stop]):
            self.refuse("forbidden-value", "R-CON-002", f"{name} bytes are not zero", start)


def of_unit(unit: Unit, trace: Trace = no_trace) -> Source:
    """Return the payload of a unit as a source; the stage is that of the unit's type."""
    kind = registry.UNIT_TYPES[unit.type]
    return Source(
        data=unit.payload,
        at=unit.payload_start,
        inflated=unit.deflated,
        path=f"units[{unit.number}].{kind.name}",
        stage=kind.stage,
        trace=trace,
    )


def tell_payload(unit: Unit, trace: Trace, meaning: str) -> None:
    """Trace a payload that is nothing but bytes, of which the unit may hold the first only."""
    behind = unit.payload_start - unit.start + 4
    size = len(unit.payload) if unit.deflated else unit.size - behind
    of_unit(unit, trace).tell("bytes", 0, size, f"{size} bytes", meaning=meaning)


def loose_unit(unit_type: int, payload: bytes | bytearray | memoryview) -> Unit:
    """Return a unit that stands in no stream: for tools and tests that hold a bare payload."""
    view = memoryview(payload)
    return Unit(
        type=unit_type, number=0, start=0, size=len(view) + 16, payload_start=0, payload=view
    )


def summary(values: NDArray[Any]) -> Any:
    """Return what a trace shows of a column: all values of a short one, else the first few."""
    if values.size <= VALUES_SHOWN:
        return values.tolist()
    shown = ", ".join(str(value) for value in values[: VALUES_SHOWN // 2].tolist())
    return f"[{shown}, ...] ({values.size} values)"


def total(values: NDArray[np.int64]) -> int:
    """Return the exact sum, at once where one element stands for all rows."""
    if not values.size:
        return 0
    if values.strides[0] == 0:
        return int(values[0]) * values.size
    # Two sums of halves: 2^32 rows of values below 2^53 would not fit into 64 bits otherwise.
    return (int((values >> 26).sum()) << 26) + int((values & 0x3FFFFFF).sum())
