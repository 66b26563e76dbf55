"""Rule ids: every id has one sentence, and nothing cites an id without a sentence."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "spec"
DEFINED = re.compile(r"\*\*\[(R-[A-Z]{3}-\d{3})\]\*\*")
ANY_ID = re.compile(r"R-[A-Z]{3}-\d{3}(?!\d)")
PREFIXES = {
    "CON", "STR", "TEN", "GRP", "SEG", "SKE", "IDX", "IDN",
    "ENT", "QUA", "PRE", "REC", "DEC", "LIM", "ERR", "VER",
}  # fmt: skip
KINDS = {
    "truncated", "not-dombit", "unsupported", "malformed", "forbidden-value",
    "limit-exceeded", "integrity", "root-mismatch", "trailing-data",
}  # fmt: skip


def chapters() -> dict[str, str]:
    """Return the text of each chapter by file name; generated tables repeat ids."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(SPEC.glob("*.md"))}


def defined() -> Counter[str]:
    """Return how often each id stands in bold brackets."""
    return Counter(found for text in chapters().values() for found in DEFINED.findall(text))


def cited(folder: Path) -> dict[str, str]:
    """Return the ids that Python files cite, each with one file that does."""
    return {
        found: str(path.relative_to(ROOT))
        for path in sorted(folder.rglob("*.py"))
        for found in ANY_ID.findall(path.read_text(encoding="utf-8"))
    }


def test_every_id_stands_at_one_sentence_only() -> None:
    """An id in bold brackets stands exactly once in the specification."""
    counts = defined()
    assert len(counts) > 200
    assert [found for found, count in counts.items() if count != 1] == []


def test_every_id_that_code_cites_has_a_sentence() -> None:
    """What the reference refuses, the text requires."""
    citations = cited(ROOT / "reference" / "dombit")
    assert citations
    missing = {found: where for found, where in citations.items() if found not in defined()}
    assert missing == {}


def test_every_id_that_the_text_cites_has_a_sentence() -> None:
    """References between chapters lead to a sentence."""
    known = defined()
    for name, text in chapters().items():
        assert [found for found in ANY_ID.findall(text) if found not in known] == [], name


def test_ids_have_a_prefix_of_a_chapter() -> None:
    """The three letters of an id are those of a chapter."""
    assert {found[2:5] for found in defined()} <= PREFIXES


def test_no_placeholder_is_left() -> None:
    """Every normative sentence has its number."""
    for name, text in chapters().items():
        assert not re.search(r"R-[A-Z]{3}-\?|@@", text), name


def test_every_requirement_on_streams_has_an_id_a_kind_and_a_stage() -> None:
    """A requirement of bitstream conformance begins with an id and names the error."""
    for name, text in chapters().items():
        for line in text.splitlines():
            if "It is a requirement of bitstream conformance" not in line or line.startswith("|"):
                continue
            assert DEFINED.search(line), f"{name}: {line}"
            # the error is in the last parentheses of the sentence
            assert any(kind in line for kind in KINDS), f"{name}: {line}"


def test_every_duty_has_an_id() -> None:
    """A line that binds with MUST, SHOULD or MAY carries an id."""
    binding = re.compile(r"\b(MUST|SHOULD|MAY)\b")
    for name, text in chapters().items():
        if name == "rationale.md":
            continue
        for line in text.splitlines():
            if binding.search(line.replace('"', "")) and '"' not in line:
                assert DEFINED.search(line), f"{name}: {line}"


def test_includes_exist() -> None:
    """A chapter includes only tables that the generator makes."""
    for name, text in chapters().items():
        for include in re.findall(r"^<!-- include (\S+) -->$", text, re.MULTILINE):
            assert (SPEC / include).is_file(), f"{name}: {include}"
