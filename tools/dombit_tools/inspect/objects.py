"""Objects: trace events as one JSON object, written as they come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dombit.terminal import as_json
from dombit.trace import FieldRead


class ObjectWriter:
    """Writes `{"fields": [...], "ok": ...}`, one field a line, and keeps none of them."""

    def __init__(self, write: Callable[[str], object]) -> None:
        """Begin the object."""
        self._write = write
        self._between = ""
        write('{"fields": [\n')

    def take(self, event: FieldRead) -> None:
        """Write one event."""
        self._write(self._between + as_json(as_object(event)))
        self._between = ",\n"

    def finish(self, rest: Mapping[str, Any]) -> None:
        """End the object with its other members."""
        self._write("\n], " + as_json(rest)[1:] + "\n")


def as_object(event: FieldRead) -> dict[str, Any]:
    """Return an event as a JSON object: bytes in hexadecimal."""
    return {
        "path": event.path,
        "start": event.start,
        "stop": event.stop,
        "inflated": event.inflated,
        "bit": event.bit,
        "raw": event.raw.hex(),
        "value": event.value,
        "meaning": event.meaning,
        "rule": event.rule,
    }
