"""Worked: a stream as a table of all of its bytes, from the trace of the decoder itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from dombit.api import decode_stream
from dombit.trace import FieldRead

STREAM = Path(__file__).parents[2] / "conformance" / "vectors" / "example" / "worked.dombit"
DIFFERENCE = STREAM.with_name("dom.dombit")
"""A DoM whose root is STREAM."""
SHOWN = 8
"""Bytes of a long field that are shown."""


def worked_rows(stream: Path = STREAM, roots: Sequence[Path] = ()) -> list[tuple[str, ...]]:
    """Return place, bytes, field, value and meaning of every field of a stream, in file order."""
    events: list[FieldRead] = []
    decode_stream(stream, trace=events.append, roots=roots)
    return [row(event) for event in in_order(events) if event.stop > event.start]


def in_order(events: Iterable[FieldRead]) -> list[FieldRead]:
    """Return events by the place of their bytes."""
    return sorted(events, key=lambda event: (event.start, event.stop))


def row(event: FieldRead) -> tuple[str, ...]:
    """Return one line of the table."""
    shown = event.raw[:SHOWN].hex(" ") + (" ..." if event.stop - event.start > SHOWN else "")
    value = "" if isinstance(event.value, bytes | bytearray | memoryview) else f"{event.value}"
    if len(value) > 48:
        value = value[:45] + "..."
    cells = (f"{event.start}", f"{event.stop - event.start}", f"`{shown}`", f"`{event.path}`")
    return (*cells, value.replace("|", "\\|"), event.meaning.replace("|", "\\|"))
