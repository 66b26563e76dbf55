"""Paths: which fields a pattern such as `units[*].group.columns.tables` names."""

from __future__ import annotations

import re

from dombit.events import Event, FaultFound, UnitRead
from dombit.trace import FieldRead


class PathFilter:
    """Lets through the events at or below a path; `*` stands for anything inside a component."""

    def __init__(self, pattern: str) -> None:
        """Take the pattern."""
        parts = [re.escape(part).replace(r"\*", r"[^.]*") for part in pattern.split(".")]
        self._below = re.compile(r"\.".join(parts) + r"(?:\..*)?", re.DOTALL)
        self._top = re.compile(parts[0], re.DOTALL)
        self._one = len(parts) == 1
        self.count = 0
        """Fields and units that were let through."""

    def wants(self, event: Event) -> bool:
        """Tell whether an event is to be shown; faults are shown where their unit is."""
        if isinstance(event, FieldRead):
            wanted = self._below.fullmatch(event.path) is not None
            self.count += wanted
            return wanted
        if isinstance(event, UnitRead):
            return self._top.fullmatch(f"units[{event.number}]") is not None
        if isinstance(event, FaultFound):
            unit = (event.error.unit or "").partition(".")[0]
            return self._top.fullmatch(unit) is not None
        return self._below.fullmatch(f"units[{event.unit}].tensors[{event.number}]") is not None
