"""Contracts: who may import whom, and what the core must not do."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "reference" / "dombit"
CORE = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if path.relative_to(PACKAGE).parts[0]
    not in ("__main__.py", "api.py", "arguments.py", "cli.py", "demo.py", "files", "terminal.py")
)


def test_import_contracts_are_kept() -> None:
    """Import-linter finds no import against the floors."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    places = os.pathsep.join((str(ROOT / "reference"), str(ROOT / "tools")))
    environment = {**os.environ, "PYTHONPATH": places}
    done = subprocess.run(
        [*command, "--no-cache"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=environment,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "0 broken" in done.stdout


def imported(path: Path) -> Iterator[str]:
    """Yield the top-level names that a file imports; relative imports are its own package's."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").partition(".")[0]


def test_the_conformance_suite_needs_python_alone() -> None:
    """Conformance imports itself and the standard library: no fault of dombit hides in it."""
    files = sorted((ROOT / "conformance").rglob("*.py"))
    assert files
    known = sys.stdlib_module_names | {"conformance"} | {path.stem for path in files}
    known |= {path.parent.name for path in files}
    foreign = {str(path): set(imported(path)) - known for path in files}
    assert {path: names for path, names in foreign.items() if names} == {}
    assert not {"dombit", "numpy", "construct"} & set().union(*map(set, map(imported, files)))


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_core_neither_asserts_nor_prints_nor_opens(path: Path) -> None:
    """Below files.py there is no assert on input, no bare raise of a built-in error, no I/O."""
    tree = ast.parse(path.read_text())
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    called = {
        node.func.id: node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called.keys() & {"open", "print", "input", "eval", "exec"}
