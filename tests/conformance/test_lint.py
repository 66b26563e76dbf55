"""The linter of the suite finds nothing in ours, and each fault in a damaged copy."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance import lint

SUITE = Path(__file__).parents[2] / "conformance"
SPEC = SUITE.parent / "spec"
Row = dict[str, Any]


def test_the_suite_is_clean() -> None:
    """Files, hashes, programs, faults, twins and rules hold."""
    assert lint.problems(SUITE, SPEC) == []


def test_every_rule_on_streams_is_traced(capsys: pytest.CaptureFixture[str]) -> None:
    """--trace has a line for each of them: vectors that break and keep it, or a reason."""
    assert lint.main(["--trace"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rules = [rule for rule, on_streams in lint.rules_of(SPEC).items() if on_streams]
    assert len(rules) > 200
    assert {*rules} <= {line.split()[0] for line in lines}
    assert all("  broken by " in line or "  no vector: " in line for line in lines)
    assert not [line for line in lines if "broken by -" in line or "kept by -" in line]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the suite that may be damaged, and must be mended."""
    place = tmp_path_factory.mktemp("copy") / "conformance"
    shutil.copytree(SUITE, place, ignore=shutil.ignore_patterns("__pycache__", "decoder*"))
    return place


def by_id(manifest: Row, name: str) -> Row:
    """Return a row of the manifest."""
    row: Row = next(row for row in manifest["vectors"] if row["id"] == name)
    return row


BROKEN = "container/column_count"
WORKED = lint.hashlib.sha256((SUITE / "vectors/example/worked.dombit").read_bytes()).hexdigest()
CHANGES: list[tuple[Callable[[Row], Any], str]] = [
    (lambda m: m["vectors"].reverse(), "ids are not in order"),
    (lambda m: by_id(m, BROKEN).update(id="container/crc"), "container/crc.dombit is not there"),
    (lambda m: by_id(m, BROKEN).update(title=m["vectors"][0]["title"]), "2 vectors have the title"),
    (lambda m: by_id(m, BROKEN).update(size=9), "another size or hash"),
    (lambda m: by_id(m, BROKEN).update(sha256="0" * 64), "another size or hash"),
    (lambda m: by_id(m, BROKEN).update(requirements=["R-CON-999"]), "R-CON-999 is not in the text"),
    (
        lambda m: by_id(m, BROKEN).update(requirements=["R-CON-007", "R-CON-008"]),
        "breaks 2 rules instead of one",
    ),
    (lambda m: by_id(m, BROKEN).update(requirements=[]), "breaks 0 rules instead of one"),
    (lambda m: by_id(m, BROKEN).update(requirements=["R-CON-008"]), "R-CON-007: no vector breaks"),
    (lambda m: by_id(m, BROKEN).update(requirements=["R-DEC-055"]), "R-DEC-055 is traced"),
    (lambda m: by_id(m, BROKEN).update(twin="a/b"), "its twin a/b is no valid vector"),
    (lambda m: by_id(m, BROKEN).update(twin="group/first"), "its twin group/first is no valid"),
    (lambda m: by_id(m, BROKEN).update(limits={"rank": 1}), "differs from its twin in ['sha256',"),
    (lambda m: by_id(m, "limit/rank").pop("limits"), "not one of the twin's"),
    (lambda m: by_id(m, "limit/rank").update(limits={"rank": 2}), "not one of the twin's, low"),
    (lambda m: by_id(m, BROKEN).update(sha256=WORKED), "differs from its twin in nothing"),
    (lambda m: by_id(m, BROKEN).update(roots=["group/first"]), "root group/first is no valid"),
    (lambda m: by_id(m, BROKEN).update(kind="unsupported"), "does not go with malformed"),
    (lambda m: by_id(m, BROKEN)["error"].update(bytes=[5, 9999]), "outside of the file"),
]


@pytest.mark.parametrize(("change", "said"), CHANGES, ids=[said for _, said in CHANGES])
def test_a_fault_of_the_manifest_is_found(
    copy: Path, change: Callable[[Row], Any], said: str
) -> None:
    """One wrong entry is named."""
    manifest = copy / "manifest.json"
    right = manifest.read_text()
    try:
        wrong = json.loads(right)
        change(wrong)
        manifest.write_text(json.dumps(wrong))
        assert said in "\n".join(lint.problems(copy, SPEC))
    finally:
        manifest.write_text(right)
    assert lint.problems(copy, SPEC) == []


FILES: list[tuple[str, str, str]] = [
    ("vectors/container/other.dombit", "x", "container/other.dombit is not in the manifest"),
    ("vectors/notes.txt", "x", "vectors/notes.txt is not in the manifest"),
    ("vectors/big.bin", "x" * 600_000, "the limit is 1000000"),
    ("make/container/other.py", "", "container/other: a program without a vector"),
    ("make/container/index.py", "#\n" * 41, "make/container/index.py has 41 lines"),
    ("untraced.txt", "", "R-DEC-055: no vector breaks it"),
    ("untraced.txt", "R-DEC-055\n", "untraced.txt: R-DEC-055 has no reason"),
    ("untraced.txt", "R-DEC-999 " + "x" * 30, "R-DEC-999 is no rule on streams"),
    ("untraced.txt", "R-DEC-508 " + "x" * 30, "R-DEC-508 is no rule on streams"),
]


@pytest.mark.parametrize(("name", "text", "said"), FILES, ids=[said for *_, said in FILES])
def test_a_fault_of_the_files_is_found(copy: Path, name: str, text: str, said: str) -> None:
    """One file too many, or wrong, is named."""
    path = copy / name
    right = path.read_bytes() if path.exists() else None
    try:
        path.write_text(text)
        assert said in "\n".join(lint.problems(copy, SPEC))
    finally:
        path.unlink() if right is None else path.write_bytes(right)
    assert lint.problems(copy, SPEC) == []


def test_files_that_are_gone_are_found(copy: Path) -> None:
    """A vector or a program that is not there is named; without the text there is no verdict."""
    for name, said in (
        (f"vectors/{BROKEN}.dombit", f"vectors/{BROKEN}.dombit is not there"),
        (f"make/{BROKEN}.py", f"{BROKEN}: no program"),
    ):
        right = (copy / name).read_bytes()
        (copy / name).unlink()
        assert lint.problems(copy, SPEC) == [said]
        (copy / name).write_bytes(right)
    assert lint.main(["--suite", str(copy), "--spec", str(copy)]) == 2
