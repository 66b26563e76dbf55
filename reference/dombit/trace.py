"""Trace: what a decoder tells of each field as it reads it; an argument, never a global."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRead:
    """One field of a stream, as the decoder read it."""

    path: str
    """Where it belongs, e.g. `units[3].group.columns[2].split_rows`."""
    start: int
    """First byte in the stream; inside an inflated payload: in the inflated bytes."""
    stop: int
    """End byte, exclusive."""
    inflated: int | None = None
    """None, or the stream offset of the deflated payload that start and stop refer into."""
    bit: tuple[int, int] | None = None
    """Bit range inside the bytes, where the field does not fill them."""
    raw: bytes = b""
    """The bytes as they stand (first 64 of long ones)."""
    value: Any = None
    """The value after decoding (a summary for long ones)."""
    symbol: str = ""
    """The registry's word for the value, where it has one."""
    meaning: str = ""
    """One line on what the value means."""
    rule: str = ""
    """The clause or rule id that says so."""


Trace = Callable[[FieldRead], None]


def no_trace(_event: FieldRead) -> None:
    """Ignore an event."""
