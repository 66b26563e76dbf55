"""README: what it shows works as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dombit import cli

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """Return the code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_the_example_in_python_runs(tmp_path: Path) -> None:
    """The example runs in an empty folder; each of its two blocks is at most 25 lines long."""
    examples = blocks("python")
    assert len(examples) == 2 and all(6 <= len(each.splitlines()) <= 25 for each in examples)
    example = "\n".join(examples)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", example]
    subprocess.run(command, check=True, cwd=tmp_path, env=environment)


def test_the_commands_are_the_parser_s() -> None:
    """Every dombit command line in the README is one that the parser takes."""
    lines = [line.partition("#")[0] for block in blocks("sh") for line in block.splitlines()]
    commands = [line.split()[1:] for line in lines if line.startswith("dombit ")]
    assert len(commands) >= 5
    for words in commands:
        assert cli.build_parser().parse_args(words).run


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(page: str) -> None:
    """Every relative link in a page at the top names a file that exists."""
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text())
    gone = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert gone == []


def test_ci_runs_the_set_up_and_the_tests_of_the_readme() -> None:
    """.ci/run sets up and tests as the README's second command does."""
    setup, test = re.findall(r"^(sh tools/setup) && (.*)$", README, re.MULTILINE)[0]
    script = (ROOT / ".ci" / "run").read_text().replace("$bin", ".venv/bin")
    assert setup in script
    assert test in script
