"""Lint the suite: `python conformance/lint.py [--trace] [--spec DIR]`.

Every file is in the manifest and the reverse, with its size and hash; every vector has one
short program; every id stands in the text; every refused vector has one fault and a valid
twin; every rule on streams is broken by a vector, or untraced.txt says why none can. `--trace`
prints rule id <-> vectors. Exit status 0: nothing found. Standard library only.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conformance.run import Row, SuiteError, load_manifest

SUITE = Path(__file__).resolve().parent
MOST_BYTES = 1_000_000
MOST_LINES = 40
DEFINED = re.compile(r"\*\*\[(R-[A-Z]{3}-\d{3})\]\*\*")
ON_STREAMS = re.compile(
    r"\((?:truncated|not-dombit|unsupported|malformed|forbidden-value|limit-exceeded|integrity"
    r"|root-mismatch|trailing-data), [a-z ]+\)"
)
"""A rule on streams names kind and stage of the error."""


def rules_of(spec: Path) -> dict[str, bool]:
    """Return every rule id of the text, and whether it is one that streams can break."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(spec.glob("[0-9]*.md"))]
    if not texts:
        raise SuiteError(f"{spec} holds no chapters; --spec says where the text is")
    lines = [line for text in texts for line in text.splitlines()]
    return {
        found: bool(ON_STREAMS.search(line)) for line in lines for found in DEFINED.findall(line)
    }


def untraced(suite: Path) -> dict[str, str]:
    """Read the rules that no vector breaks, each with its reason."""
    lines = (suite / "untraced.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return {rule: reason.strip() for rule, _, reason in pairs}


# ------------------------------------------------------------------------------------ the checks


def check_names(rows: Sequence[Row]) -> Iterator[str]:
    """Ids are unique and in order, titles are unique."""
    ids = [row["id"] for row in rows]
    if ids != sorted(set(ids)):
        yield "manifest.json: ids are not in order, or one comes twice"
    for title, times in Counter(row["title"] for row in rows).items():
        if times > 1:
            yield f"manifest.json: {times} vectors have the title {title!r}"


def check_files(suite: Path, rows: Sequence[Row]) -> Iterator[str]:
    """Files and manifest agree in both directions, and all is small."""
    there = {path.relative_to(suite).as_posix() for path in (suite / "vectors").rglob("*")}
    there = {name for name in there if (suite / name).is_file()}
    listed = {row["file"] for row in rows}
    yield from (f"{name} is not in the manifest" for name in sorted(there - listed))
    yield from (f"{name} is not there" for name in sorted(listed - there))
    for row in rows:
        if row["file"] in there:
            data = (suite / row["file"]).read_bytes()
            if (len(data), hashlib.sha256(data).hexdigest()) != (row["size"], row["sha256"]):
                yield f"{row['file']} has another size or hash than the manifest says"
    total = sum((suite / name).stat().st_size for name in {*there, "manifest.json"})
    if total >= MOST_BYTES:
        yield f"vectors and manifest have {total} bytes, the limit is {MOST_BYTES}"


def check_programs(suite: Path, rows: Sequence[Row]) -> Iterator[str]:
    """Every vector has a program that fits on a screen, and every program a vector."""
    paths = (suite / "make").glob("*/*.py")
    sizes = {path: len(path.read_text("utf-8").splitlines()) for path in paths}
    programs = {f"{p.parent.name}/{p.stem}": n for p, n in sizes.items() if p.stem != "__init__"}
    for name in sorted(programs.keys() ^ {row["id"] for row in rows}):
        yield f"{name}: " + ("a program without a vector" if name in programs else "no program")
    for name, lines in sorted(programs.items()):
        if lines > MOST_LINES:
            yield f"make/{name}.py has {lines} lines, the limit is {MOST_LINES}"


def check_faults(rows: Sequence[Row]) -> Iterator[str]:
    """Refused vectors have one fault: one rule, one place, one difference to a valid twin."""
    by_id = {row["id"]: row for row in rows}
    for row in rows:
        wrong = [name for name in row["roots"] if by_id.get(name, row)["kind"] != "valid"]
        yield from (f"{row['id']}: root {name} is no valid vector" for name in wrong)
        if row["kind"] == "valid":
            continue
        if (row["kind"] == "unsupported") != (row["error"]["kind"] == "unsupported"):
            yield f"{row['id']}: kind {row['kind']} does not go with {row['error']['kind']}"
        if len(row["requirements"]) != 1:
            yield f"{row['id']}: breaks {len(row['requirements'])} rules instead of one"
        first, stop = row["error"]["bytes"]
        if not 0 <= first <= stop <= row["size"]:
            yield f"{row['id']}: the fault lies outside of the file"
        twin = by_id.get(row["twin"])
        if twin is None or twin["kind"] != "valid":
            yield f"{row['id']}: its twin {row['twin']} is no valid vector"
            continue
        differs = [key for key in ("sha256", "limits", "roots") if row[key] != twin[key]]
        if len(differs) != 1:
            yield f"{row['id']}: differs from its twin in {differs or 'nothing'}, not in one thing"
        lower = [name for name, n in row["limits"].items() if n < twin["limits"].get(name, 0)]
        if differs == ["limits"] and (len(row["limits"]), len(lower)) != (1, 1):
            yield f"{row['id']}: its limits are not one of the twin's, lowered"


def check_rules(suite: Path, rows: Sequence[Row], rules: dict[str, bool]) -> Iterator[str]:
    """Ids stand in the text; each rule on streams is broken, or excused, never both."""
    cited = {rule for row in rows for rule in row["requirements"]}
    yield from (f"{rule} is not in the text" for rule in sorted(cited - {*rules}))
    excused = untraced(suite)
    for rule in sorted({rule for rule, streams in rules.items() if streams} - cited - {*excused}):
        yield f"{rule}: no vector breaks it, and untraced.txt has no reason"
    for rule, reason in excused.items():
        if rule in cited or not rules.get(rule):
            yield f"untraced.txt: {rule} " + (
                "is traced" if rule in cited else "is no rule on streams of the text"
            )
        elif len(reason) < 20:
            yield f"untraced.txt: {rule} has no reason"


def problems(suite: Path, spec: Path) -> list[str]:
    """Return all that is wrong; raises SuiteError where that cannot be said."""
    _, rows = load_manifest(suite)
    found = [*check_names(rows), *check_files(suite, rows), *check_programs(suite, rows)]
    return [*found, *check_faults(rows), *check_rules(suite, rows, rules_of(spec))]


def trace(suite: Path, spec: Path) -> Iterator[str]:
    """Yield one line a rule: the vectors that break it, those that keep it, or why none."""
    _, rows = load_manifest(suite)
    excused = untraced(suite)
    for rule, on_streams in sorted(rules_of(spec).items()):
        named = [row for row in rows if rule in row["requirements"]]
        broken = [row["id"] for row in named if row["kind"] != "valid"]
        kept = [row["id"] for row in named if row["kind"] == "valid"]
        if named:
            yield f"{rule}  broken by {', '.join(broken) or '-'}; kept by {', '.join(kept) or '-'}"
        elif on_streams:
            yield f"{rule}  no vector: {excused.get(rule, 'NO REASON GIVEN')}"


def main(argv: Sequence[str]) -> int:
    """Print what is found."""
    parser = argparse.ArgumentParser(prog="lint.py", description="Lint the conformance suite.")
    parser.add_argument("--suite", type=Path, default=SUITE)
    parser.add_argument("--spec", type=Path, default=SUITE.parent / "spec", help="the text")
    parser.add_argument("--trace", action="store_true", help="print rule id <-> vectors")
    options = parser.parse_args(argv)
    try:
        if options.trace:
            print("\n".join(trace(options.suite, options.spec)))
        found = problems(options.suite, options.spec)
    except (SuiteError, OSError) as error:
        print(f"lint.py: {error}", file=sys.stderr)
        return 2
    print("\n".join(found), end="\n" if found else "", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
