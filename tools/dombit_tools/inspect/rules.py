"""Rules: the sentence of the specification behind a rule id, as a reader of a terminal wants it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

LISTED = Path(__file__).with_name("rules.tsv")
"""Made by dombit_tools.generate from the text."""
CHAPTERS = {
    "header": 3,
    "structure": 4,
    "metadata": 4,
    "skeleton": 8,
    "skeleton_data": 8,
    "group": 6,
    "segment": 7,
    "stored": 7,
    "model_end": 9,
    "index": 9,
    "end": 9,
}
"""Chapter that describes the payload of each unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One normative sentence."""

    section: str
    sentence: str


@functools.cache
def rules() -> dict[str, Rule]:
    """Return all rules by id."""
    lines = LISTED.read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    return {rule: Rule(section=section, sentence=sentence) for rule, section, sentence in rows}


def rule_text(rule: str) -> str:
    """Return `R-CON-016 (3.2): sentence`, the id alone where it is none of the text."""
    found = rules().get(rule)
    if found is None:
        return rule
    short, end, _ = found.sentence.partition(").")  # the kind and the stage end what is required
    return f"{rule} ({found.section}): {short}{end}"


def clause(rule: str, path: str) -> str:
    """Return where the text speaks of a field: its rule, or the chapter of its payload."""
    if rule:
        return rule_text(rule)
    parts = path.split(".")
    return f"chapter {CHAPTERS.get(parts[1], 3) if len(parts) > 2 else 3}"
