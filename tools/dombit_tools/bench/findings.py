"""Findings: measured figures beside their targets, as Markdown and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One figure."""

    figure: str
    """What was measured, as a few words."""
    value: str
    """The figure for people."""
    target: str = ""
    """What was asked for; empty where nothing was."""
    met: bool | None = None
    """Whether the target is met; None without one."""
    numbers: dict[str, Any] = field(default_factory=dict)
    """The figures behind it."""
    command: str = ""
    """The command that measures it again."""

    def as_object(self) -> dict[str, Any]:
        """Return the finding as a JSON object."""
        return asdict(self)


def markdown(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the lines of the table, then the commands."""
    yield "| figure | value | target | met |"
    yield "|---|---|---|---|"
    for finding in findings:
        met = {None: "", True: "yes", False: "**no**"}[finding.met]
        yield f"| {finding.figure} | {finding.value} | {finding.target} | {met} |"
    yield ""
    yield "Measured by:"
    for command in dict.fromkeys(finding.command for finding in findings):
        yield f"- `{command}`"
