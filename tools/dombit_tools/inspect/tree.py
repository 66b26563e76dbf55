"""Tree: trace events as an indented text, a heading for each part, a line for each field."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from dombit.terminal import escape
from dombit.trace import FieldRead

BYTES_SHOWN = 8
VALUE_SHOWN = 72


class TreeWriter:
    """Collects the events of one part (a unit), and writes it when the next one begins."""

    def __init__(self, write: Callable[[str], object], *, rules: bool = False) -> None:
        """Take where the lines go, and whether the clause of a field is shown."""
        self._write = write
        self._rules = rules
        self._events: list[FieldRead] = []

    def take(self, event: FieldRead) -> None:
        """Take one event."""
        if self._events and top_of(event) != top_of(self._events[0]):
            self.finish()
        self._events.append(event)

    def finish(self) -> None:
        """Write what is collected."""
        if self._events:
            for line in part_lines(self._events, rules=self._rules):
                self._write(line)
        self._events = []


def top_of(event: FieldRead) -> str:
    """Return the first component of an event's path."""
    return event.path.partition(".")[0]


def part_lines(events: Sequence[FieldRead], *, rules: bool) -> Iterator[str]:
    """Yield the lines of one part: a heading, then its fields under their own headings."""
    yield heading(events)
    shown: list[str] = []
    for event in events:
        *parents, name = event.path.split(".")[1:] or [event.path]
        common = len(
            list(
                itertools.takewhile(
                    lambda pair: pair[0] == pair[1], zip(shown, parents, strict=False)
                )
            )
        )
        for depth in range(common, len(parents)):
            yield "  " * (depth + 1) + escape(parents[depth])
        shown = parents
        yield "  " * (len(parents) + 1) + field_line(name, event, rules=rules)


def heading(events: Sequence[FieldRead]) -> str:
    """Return what a part is, and where it lies: `units[3] group: bytes 96 to 700 (604)`."""
    kinds = dict.fromkeys(event.path.split(".")[1] for event in events if event.path.count(".") > 1)
    stored = [event for event in events if event.inflated is None]
    start = min((event.start for event in stored), default=events[0].inflated or 0)
    stop = max((event.stop for event in stored), default=start)
    inflated = max((event.stop for event in events if event.inflated is not None), default=0)
    name = " ".join((top_of(events[0]), *kinds))
    more = f", inflated to {inflated:,} bytes" if inflated else ""
    return f"{escape(name)}: bytes {start} to {stop} ({stop - start:,}){more}"


def field_line(name: str, event: FieldRead, *, rules: bool) -> str:
    """Return one field: place, name, value, bytes, meaning."""
    place = f"{'+' if event.inflated is not None else ''}{event.start}"
    bits = f" bits {event.bit[0]}..{event.bit[1] - 1}" if event.bit else ""
    value = shorten(shown_value(event.value), VALUE_SHOWN)
    meaning = f"  ; {escape(event.meaning)}" if event.meaning else ""
    rule = f"  {event.rule}" if rules and event.rule else ""
    return f"{place:>8}{bits}  {escape(name)} = {value}  [{shown_bytes(event)}]{meaning}{rule}"


def shown_value(value: Any) -> str:
    """Return a value as text: bytes that are text quoted, others in hexadecimal."""
    if isinstance(value, bytes | bytearray | memoryview):
        return text_or_hex(bytes(value))
    return escape(value)


def text_or_hex(data: bytes) -> str:
    """Return bytes as a quoted text where they are one."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data.hex()
    return f'"{text}"' if text and text.isprintable() else data.hex()


def shown_bytes(event: FieldRead) -> str:
    """Return the first bytes in hexadecimal, and how many there are if not all are shown."""
    shown = event.raw[:BYTES_SHOWN].hex(" ")
    size = event.stop - event.start
    return shown if size <= BYTES_SHOWN else f"{shown} ... {size:,} bytes"


def shorten(text: str, most: int) -> str:
    """Cut a text that is too long for a line."""
    return text if len(text) <= most else text[: most - 3] + "..."
