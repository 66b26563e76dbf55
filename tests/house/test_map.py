"""Map: a chapter of the text and a module of the reference know each other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "reference" / "dombit"
SPEC = ROOT / "spec"
CHAPTERS = {int(path.name[:2]): path for path in sorted(SPEC.glob("[0-9][0-9]-*.md"))}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__main__.py")
ROOMS = ("bitstream", "entropy", "quantization", "prediction")


def first_line(path: Path) -> str:
    """Return the first paragraph of a module's docstring as one line."""
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    return " ".join(docstring.partition("\n\n")[0].split())


def cited(path: Path) -> set[int]:
    """Return the numbers of chapters that the first docstring line names."""
    found = re.findall(r"chapters? ((?:\d+(?:, | and | to )?)+)", first_line(path))
    return {number for text in found for number in numbers(text)}


def numbers(text: str) -> Iterator[int]:
    """Yield the numbers of `3`, `7 and 12`, `8, 10` and `3 to 9`."""
    if " to " in text:
        first, last = map(int, re.findall(r"\d+", text))
        yield from range(first, last + 1)
    else:
        yield from map(int, re.findall(r"\d+", text))


def rows_of_the_map() -> list[tuple[int, list[str]]]:
    """Return chapter and module names of each row of the map in spec/README.md."""
    text = (SPEC / "README.md").read_text()
    rows = re.findall(r"^\| *\[?0?(\d+)\b(.*)$", text, re.MULTILINE)
    return [(int(number), re.findall(r"`([a-z_/]+(?:\.py|/))`", rest)) for number, rest in rows]


def test_chapters_are_numbered_without_gaps() -> None:
    """The files of the text are chapters 1, 2, 3 ..., and the map has a row for each."""
    assert list(CHAPTERS) == list(range(1, len(CHAPTERS) + 1))
    assert [number for number, _ in rows_of_the_map()] == list(CHAPTERS)


def test_the_map_names_modules_that_exist_and_know_their_chapter() -> None:
    """Every module in the map is a file or package that names that chapter in its first line."""
    places = [(number, name) for number, names in rows_of_the_map() for name in names]
    assert len(places) >= 15
    missing = [name for _, name in places if not (PACKAGE / name).exists()]
    assert missing == []
    wrong = [(number, name) for number, name in places if number not in cited(file_of(name))]
    assert wrong == []


def file_of(name: str) -> Path:
    """Return the file whose docstring speaks for a module or a package."""
    return PACKAGE / name / "__init__.py" if name.endswith("/") else PACKAGE / name


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_says_what_it_is(path: Path) -> None:
    """The first docstring line exists and cites chapters that exist; in a room it must cite one."""
    line = first_line(path)
    assert re.match(r"[A-Za-z].{15,}", line)
    assert cited(path) <= set(CHAPTERS)
    room = path.relative_to(PACKAGE).parts[0]
    if room in ROOMS:
        assert cited(path) or "annex" in line or "informative" in line
