"""Sizes: a room is read in one sitting."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "reference" / "dombit"
FILES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES, MOST_BODY, MEDIAN_BODY = 300, 40, 8


def bodies(path: Path) -> Iterator[tuple[str, int]]:
    """Yield name and lines of the body of every function, the docstring left out."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            yield f"{path.relative_to(PACKAGE)}: {node.name}", lines


def test_files_are_short() -> None:
    """No file has more than 300 lines."""
    sizes = {str(path.relative_to(PACKAGE)): len(path.read_text().splitlines()) for path in FILES}
    assert sizes
    assert {name: size for name, size in sizes.items() if size > MOST_LINES} == {}


def test_functions_are_short(capsys: pytest.CaptureFixture[str]) -> None:
    """No body has more than 40 lines, and half of them have at most eight; figures are printed."""
    sizes = [body for path in FILES for body in bodies(path)]
    files = [len(path.read_text().splitlines()) for path in FILES]
    lines = [size for _, size in sizes]
    median = statistics.median(lines)
    with capsys.disabled():
        print(
            f"\n{sum(files)} lines in {len(files)} files (median {statistics.median(files):.0f}), ",
            end="",
        )
        print(f"{len(sizes)} functions (median {median:.0f}, largest {max(lines)})")
    assert [body for body in sizes if body[1] > MOST_BODY] == []
    assert median <= MEDIAN_BODY
