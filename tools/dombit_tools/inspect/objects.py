"""Objects: events as JSON; what a program reads is safe in a terminal and in a page as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from dombit.events import DigestRead, Event, FaultFound, SpanRead, TensorRead, UnitRead
from dombit.terminal import as_json, failure
from dombit.trace import FieldRead

KINDS = {TensorRead: "tensor", SpanRead: "span", DigestRead: "digest", UnitRead: "unit"}


class ObjectWriter:
    """Writes `{"events": [...], "ok": ...}`, one event a line, and keeps none of them."""

    def __init__(self, write: Callable[[str], object]) -> None:
        """Begin the object."""
        self._write = write
        self._between = ""
        write('{"events": [\n')

    def take(self, event: Event) -> None:
        """Write one event."""
        self._write(self._between + safe_json(as_object(event)))
        self._between = ",\n"

    def finish(self, rest: Mapping[str, Any]) -> None:
        """End the object with its other members."""
        self._write("\n], " + safe_json(rest)[1:] + "\n")


def as_object(event: Event) -> dict[str, Any]:
    """Return an event as a JSON object; `event` says what it is, bytes are hexadecimal."""
    if isinstance(event, FaultFound):
        return {"event": "fault", **failure(event.error)}
    if isinstance(event, FieldRead):
        return {"event": "field", **field_object(event)}
    return {"event": KINDS[type(event)], **asdict(event)}


def field_object(event: FieldRead) -> dict[str, Any]:
    """Return a field as a JSON object."""
    return {
        "path": event.path,
        "start": event.start,
        "stop": event.stop,
        "inflated": event.inflated,
        "bit": event.bit,
        "raw": event.raw.hex(),
        "value": event.value,
        "symbol": event.symbol,
        "meaning": event.meaning,
        "rule": event.rule,
    }


def safe_json(value: Mapping[str, Any]) -> str:
    """Return one line of ASCII without control characters and without what begins a tag."""
    text = as_json(value).replace("\x7f", "\\u007f")
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
