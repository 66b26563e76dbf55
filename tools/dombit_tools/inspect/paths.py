"""Paths: which fields a pattern such as `units[*].group.columns.tables` names."""

from __future__ import annotations

import re

from dombit.events import DigestRead, Event, FaultFound, SpanRead, TensorRead, UnitRead
from dombit.trace import FieldRead


class PathFilter:
    """Lets through the events at or below a path.

    `*` stands for anything inside a component; `units` is short for `units[*]`.
    """

    def __init__(self, pattern: str) -> None:
        """Take the pattern."""
        parts = [_component(part) for part in pattern.split(".")]
        self._below = re.compile(r"\.".join(parts) + r"(?:\..*)?", re.DOTALL)
        self._top = re.compile(parts[0], re.DOTALL)
        self.count = 0
        """Fields and facts that were let through."""

    def wants(self, event: Event) -> bool:
        """Tell whether an event is to be shown; faults are shown where their unit is."""
        if isinstance(event, UnitRead):
            return self._top.fullmatch(f"units[{event.number}]") is not None
        if isinstance(event, FaultFound):
            unit = (event.error.unit or "").partition(".")[0]
            return self._top.fullmatch(unit) is not None
        path = event.path if isinstance(event, FieldRead) else fact_path(event)
        wanted = self._below.fullmatch(path) is not None
        self.count += wanted
        return wanted


def _component(part: str) -> str:
    """Return a pattern of one component as a regular expression."""
    index = "" if "[" in part else r"(?:\[\d+\])?"
    return re.escape(part).replace(r"\*", r"[^.]*") + index


def fact_path(event: TensorRead | SpanRead | DigestRead) -> str:
    """Return the path under which the tree shows what a unit says of a tensor."""
    return f"units[{event.unit}].tensors[{event.number}]"
