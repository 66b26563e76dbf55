"""Generated tables: they follow from the code, and the text includes only tables that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dombit_tools import generate


def test_tables_of_the_specification_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m dombit_tools.generate` has been run since the code changed."""
    assert generate.main(["--check"]) == 0, capsys.readouterr().out


def test_a_table_that_differs_is_named_and_rewritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--check names what is stale or foreign and writes nothing; without it all is written."""
    spec = tmp_path / "spec"
    assert generate.main(["--spec", str(spec)]) == 0
    assert generate.main(["--spec", str(spec), "--check"]) == 0
    (spec / "generated" / "group.md").write_text("edited")
    assert generate.main(["--spec", str(spec), "--check"]) == 1
    assert "group.md" in capsys.readouterr().out
    assert (spec / "generated" / "group.md").read_text() == "edited"
    assert generate.main(["--spec", str(spec)]) == 0
    assert "`first_row`" in (spec / "generated" / "group.md").read_text()
    (tmp_path / generate.RULES).write_text("edited")
    assert generate.main(["--spec", str(spec), "--check"]) == 1
    assert "rules.tsv" in capsys.readouterr().out
    assert generate.main(["--spec", str(spec)]) == 0
    (spec / "generated" / "foreign.md").write_text("")
    assert generate.main(["--spec", str(spec), "--check"]) == 1


def test_offsets_follow_from_widths() -> None:
    """The table of a fixed part has no gap, and ends where the first column's directory begins."""
    for bundles, _ in generate.PAYLOADS.values():
        for bundle in bundles:
            rows = bundle.describe()
            ends = [row.offset + row.field.width for row in rows]
            assert [row.offset for row in rows] == [0, *ends[:-1]]
            assert ends[-1] == bundle.width()


def test_every_table_is_a_grid() -> None:
    """All rows of a table have as many cells."""
    for name, text in generate.tables(generate.SPEC).items():
        for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            cells = {len(re.split(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(cells) == 1, name


def test_the_list_of_rules_has_every_sentence_of_the_text() -> None:
    """Each id in bold brackets has a line: its section and a sentence without mark-up."""
    lines = [line.split("\t") for line in generate.rules(generate.SPEC).splitlines()]
    text = "".join(path.read_text() for path in generate.SPEC.glob("[0-9][0-9]-*.md"))
    assert sorted(line[0] for line in lines) == sorted(re.findall(r"\*\*\[(R-\w+-\d+)\]\*\*", text))
    assert all(re.fullmatch(r"\d+(\.\d+)*", section) for _, section, _ in lines)
    assert not [sentence for _, _, sentence in lines if "**" in sentence or len(sentence) < 20]
