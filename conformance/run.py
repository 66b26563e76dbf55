"""Run a decoder over the vectors: `python conformance/run.py [options] -- CMD...`.

One process a vector, `CMD IN.dombit [--root FILE]... [--limit NAME=N]... -o DIR`. DIR exists
and is empty. The exit status is 0 decoded, 1 rejected, 3 unsupported; all else is a crash.

Decoded: for every tensor one raw file in DIR, and one line of JSON on standard output
    {"name": "w", "dtype": "f32", "shape": [2, 3], "file": "0000.raw"}
optionally {"model_digest": HEX}, a line {"source": NAME, "file": F} for every source file of
the skeleton, own or inherited, a line {"file": NAME, "size": N, "sha256": HEX} for any of them,
and a line {"segment": N, "words": W, ...} for every segment. What is said is compared.
Rejected or unsupported: nothing in DIR, and no line or one,
    {"kind": "malformed", "stage": "container", "rule": "R-CON-008"}
whose kind and stage are compared (rule, and other keys, are for people). --strict wants that
line, the model digest and the source files; --files the line of every file. Exit status of
this program: 0 all is as it must be, 1 it is not, 2 wrong usage or a damaged suite. One file,
Python 3.11, nothing to install.
"""

from __future__ import annotations

import argparse
import contextlib
import fnmatch
import hashlib
import html
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

Row = dict[str, Any]
MIB = 1 << 20
DECODED, REJECTED, UNSUPPORTED = 0, 1, 3
CODES = {"valid": DECODED, "reject": REJECTED, "unsupported": UNSUPPORTED}
WORDS = {DECODED: "decoded", REJECTED: "rejected", UNSUPPORTED: "unsupported"}
LIMITS = ("output_bytes", "tensors", "units", "inflated_bytes", "rank")
GOOD = {"pass", "known", "skip"}
MOST_OUTPUT = 64 * MIB
"""Bytes in DIR and on standard output together; no vector needs a tenth."""


class SuiteError(Exception):
    """The suite, or the way it is run, is wrong: no verdict on any decoder."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decoder did with one stream."""

    code: int
    """Exit status; negative: the signal that ended it."""
    lines: str = ""
    """Standard output."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Regular files of DIR."""
    strange: tuple[str, ...] = ()
    """What else lies in DIR: folders, links."""
    errors: str = ""
    """Standard error."""
    stopped: str = ""
    """Why we ended it: a status and a reason, as in "timeout: ..."."""
    seconds: float = 0.0
    peak: int = 0
    """Most bytes of memory that were seen."""


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on one vector."""

    id: str
    status: str
    """pass, fail, crash, timeout, memory, output, skip; known, surprise (see known failures)."""
    reason: str = ""
    seconds: float = 0.0
    peak: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What the decoder is said to support; beyond it a vector may be unsupported."""

    profile: str = "main"
    level: int = 2
    limits: tuple[str, ...] = LIMITS
    strict: bool = False
    files: bool = False
    """Each file that is restored has its line."""

    def cover(self, row: Row) -> bool:
        """Tell whether the decoder must know the profile and level of a vector."""
        return row["level"] <= self.level and row["profile"] in ("base", self.profile)


# ------------------------------------------------------------------------------------- the suite


def load_manifest(suite: Path) -> tuple[Row, list[Row]]:
    """Return the manifest and its vectors, with defaults and what follows from other rows."""
    try:
        manifest = json.loads((suite / "manifest.json").read_text(encoding="utf-8"))
        rows = [{**manifest["defaults"], **row} for row in manifest["vectors"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SuiteError(f"{suite / 'manifest.json'} cannot be read: {error!r}") from None
    if not rows:
        raise SuiteError(f"{suite / 'manifest.json'} lists no vectors")
    shown: dict[str, set[str]] = {}
    for row in rows:
        row["file"] = f"vectors/{row['id']}.dombit"
        if "twin" in row:
            shown.setdefault(row["twin"], set()).update(row["requirements"])
    for row in rows:
        row["requirements"] = sorted({*row["requirements"], *shown.get(row["id"], ())})
    return manifest, rows


def check_files(suite: Path, rows: Sequence[Row]) -> None:
    """Refuse a suite of which a file is missing or damaged."""
    for row in rows:
        path = suite / row["file"]
        if not path.is_file():
            raise SuiteError(f"{path} is missing: the suite is not complete")
        if hashlib.sha256(path.read_bytes()).hexdigest() != row["sha256"]:
            raise SuiteError(f"{path} is not the file that the manifest describes")


def known_failures(path: Path | None) -> dict[str, str]:
    """Read lines `PATTERN REASON`; an empty line or one that begins with # says nothing."""
    known: dict[str, str] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines() if path else [], 1):
        pattern, _, reason = line.strip().partition(" ")
        if pattern and not pattern.startswith("#"):
            if not reason.strip():
                raise SuiteError(f"{path}:{number}: {pattern} has no reason")
            known[pattern] = reason.strip()
    return known


# ----------------------------------------------------------------------------------- the verdict


def judge(row: Row, outcome: Outcome, claims: Claims) -> Result:
    """Compare what a decoder did with what the manifest says."""
    status, reason = _verdict(row, outcome, claims)
    said = f" ({outcome.errors.strip()[-160:]})" if status == "crash" and outcome.errors else ""
    return Result(row["id"], status, clean(reason + said), outcome.seconds, outcome.peak)


def _verdict(row: Row, outcome: Outcome, claims: Claims) -> tuple[str, str]:
    if outcome.stopped:
        status, _, reason = outcome.stopped.partition(": ")
        return status, reason
    if outcome.code not in WORDS:
        return "crash", f"ended with {_signal(outcome.code)}; 0, 1 and 3 are verdicts"
    try:
        said = _said(outcome)
        if outcome.code != DECODED:
            _check_nothing_left(outcome)
        if outcome.code == UNSUPPORTED and not claims.cover(row):
            return "skip", f"profile {row['profile']}, level {row['level']} is not claimed"
        _check(outcome.code == CODES[row["kind"]], lambda: _wrong_code(row, outcome, said))
        (_check_decoded if outcome.code == DECODED else _check_refused)(row, outcome, said, claims)
    except Mismatch as error:
        return "fail", str(error)
    return "pass", ""


class Mismatch(Exception):  # noqa: N818 - it is a verdict
    """What a decoder did is not what the manifest says."""


def _check(good: bool, reason: Any) -> None:
    if not good:
        raise Mismatch(reason() if callable(reason) else reason)


def _wrong_code(row: Row, outcome: Outcome, said: list[Row]) -> str:
    wanted = WORDS[CODES[row["kind"]]]
    if row["kind"] != "valid":
        wanted += f" as {row['error']['kind']}, {row['error']['stage']} ({row['title']})"
    given = f", it says {json.dumps(said[0])}" if outcome.code and said else ""
    return f"{WORDS[outcome.code]} (exit {outcome.code}) what must be {wanted}{given}"


def _signal(code: int) -> str:
    with contextlib.suppress(ValueError):
        return f"signal {signal.Signals(-code).name}"
    return f"exit status {code}"


def _said(outcome: Outcome) -> list[Row]:
    """Parse standard output."""
    out = []
    for number, line in enumerate(outcome.lines.splitlines(), 1):
        with contextlib.suppress(ValueError, RecursionError):
            one = json.loads(line) if line.strip() else None
            if isinstance(one, dict):
                out.append(one)
                continue
        _check(not line.strip(), f"line {number} of the output is no JSON object: {line[:60]!r}")
    return out


def _check_nothing_left(outcome: Outcome) -> None:
    left = sorted([*outcome.files, *outcome.strange])
    _check(not left, f"refused the stream and left {left[:3]} behind: half-written")


def _check_refused(row: Row, _: Outcome, said: list[Row], claims: Claims) -> None:
    _check(len(said) <= 1, f"refused the stream and printed {len(said)} lines; one is allowed")
    line = said[0] if said else {}
    for key in ("kind", "stage"):
        wanted = row["error"][key]
        _check(not claims.strict or key in line, f"says no {key} of the error (strict)")
        _check(
            line.get(key, wanted) == wanted,
            lambda key=key, wanted=wanted: f"{key} {line[key]!r} instead of {wanted!r}",
        )


def _check_decoded(row: Row, outcome: Outcome, said: list[Row], claims: Claims) -> None:
    used: list[str] = []
    tensors: dict[str, Row] = {}
    sources: dict[str, Row] = {}
    for line in said:
        if "name" in line:
            name, tensor = _tensor(line, outcome, used)
            _check(name not in tensors, f"tensor {name!r} comes twice")
            tensors[name] = tensor
        elif "source" in line:
            _check(str(line["source"]) not in sources, f"{line['source']!r} comes twice")
            sources[str(line["source"])] = _described(_take(line, outcome, used))
    _check_tensors(row, tensors)
    left = sorted({*outcome.files, *outcome.strange} - set(used))
    _check(not left, f"{left[:3]} in the folder, which no line names")
    wanted = row.get("files", {})
    _check(
        sources == wanted or not (sources or claims.strict), "source files are not the right ones"
    )
    _check_files(wanted, said, claims)
    _check_rest(row, said, claims)


def _described(data: bytes) -> Row:
    """Return what the manifest says of a file."""
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _check_files(wanted: Row, said: list[Row], claims: Claims) -> None:
    """Compare the lines of files that the decoder restored, and need not have written."""
    given: set[str] = set()
    for line in said:
        if "sha256" in line:
            name = str(line.get("file"))
            _check(name in wanted, f"file {name!r} is none of the skeleton")
            _check(name not in given, f"file {name!r} comes twice")
            given.add(name)
            for key, right in wanted[name].items():
                _check(line.get(key) == right, f"file {name!r}: {key} {line.get(key)}, not {right}")
    missing = sorted({*wanted} - given)
    _check(not (missing and claims.files), f"file {missing[:3]} has no line (--files)")


def _check_rest(row: Row, said: list[Row], claims: Claims) -> None:
    """Compare the model digest and the segments, where the decoder gives them."""
    digests = [line["model_digest"] for line in said if "model_digest" in line]
    wanted = [row["model_digest"]]
    _check(
        digests == wanted or not (digests or claims.strict), f"model digest {digests}, not {wanted}"
    )
    segments = [line for line in said if "segment" in line]
    wanted = row.get("segments", [])
    _check(len(segments) in (0, len(wanted)), f"{len(segments)} segments instead of {len(wanted)}")
    for number, (line, right) in enumerate(zip(segments, wanted, strict=False)):
        for key in sorted({*line} & {*right} - {"unit"}):
            _check(
                line[key] == right[key], f"segment {number}: {key} {line[key]}, not {right[key]}"
            )


def _take(line: Row, outcome: Outcome, used: list[str]) -> bytes:
    """Return the file that a line names."""
    name = line.get("file")
    _check(isinstance(name, str) and name in outcome.files, f"{name!r} is no file in the folder")
    _check(name not in used, f"{name!r} belongs to two lines")
    used.append(str(name))
    return outcome.files[str(name)]


def _tensor(line: Row, outcome: Outcome, used: list[str]) -> tuple[str, Row]:
    """Return name and description of the tensor of a line, as the manifest has it."""
    name, shape = line["name"], line.get("shape")
    whole = isinstance(shape, list) and all(type(size) is int for size in shape)
    _check(isinstance(name, str) and whole, f"no name or no shape of whole numbers: {line}")
    digest = tensor_digest(_take(line, outcome, used))
    said = line.get("digest", digest)
    _check(said == digest, f"tensor {name!r}: its file has digest {digest}, the line says {said}")
    return name, {"name": name, "dtype": line.get("dtype"), "shape": shape, "digest": digest}


def _check_tensors(row: Row, tensors: dict[str, Row]) -> None:
    wanted = {tensor["name"]: tensor for tensor in row["tensors"]}
    missing, extra = sorted({*wanted} - {*tensors}), sorted({*tensors} - {*wanted})
    _check(not missing, f"tensor {missing[:3]} is missing")
    _check(not extra, f"tensor {extra[:3]} is not in the stream")
    for name, right in wanted.items():
        for key in ("dtype", "shape", "digest"):
            given = tensors[name][key]
            _check(given == right[key], f"tensor {name!r}: {key} {given}, not {right[key]}")


def tensor_digest(data: bytes) -> str:
    """SHA-256 of a tensor's bytes; above 1 MiB of the digests of its 1 MiB chunks (10.1)."""
    if len(data) > MIB:
        chunks = (data[at : at + MIB] for at in range(0, len(data), MIB))
        data = b"".join(hashlib.sha256(chunk).digest() for chunk in chunks)
    return hashlib.sha256(data).hexdigest()


def expect_failure(result: Result, known: dict[str, str]) -> Result:
    """Turn a failure that is listed into `known`, and a pass that is listed into `surprise`."""
    reason = next((known[p] for p in known if fnmatch.fnmatchcase(result.id, p)), None)
    if reason is None or result.status == "skip":
        return result
    if result.status == "pass":
        return Result(result.id, "surprise", f"passes, but is a known failure: {reason}")
    return Result(result.id, "known", f"{reason} [{result.reason}]", result.seconds, result.peak)


def clean(text: str) -> str:
    """Return text without what could move a cursor or break a file format, and not too long."""
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return shown if len(shown) <= 400 else shown[:397] + "..."


# ----------------------------------------------------------------------------------- one process


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """What one process may take."""

    seconds: float
    memory: int
    stop: threading.Event


def run_vector(
    command: Sequence[str], suite: Path, row: Row, by_id: dict[str, Row], caps: Caps
) -> Outcome:
    """Decode one vector in a process of its own, in a folder of its own."""
    words = [*command, str(suite / row["file"])]
    for root in row["roots"]:
        words += ["--root", str(suite / by_id[root]["file"])]
    for name, value in row["limits"].items():
        words += ["--limit", f"{name}={value}"]
    with tempfile.TemporaryDirectory(prefix="dombit-run-", ignore_cleanup_errors=True) as place:
        folder = Path(place, "out")
        folder.mkdir()
        return run_process([*words, "-o", str(folder)], folder, caps)


def run_process(words: Sequence[str], folder: Path, caps: Caps) -> Outcome:
    """Start a process, watch it until it ends or exceeds a cap, and collect what it did."""
    out, err = folder.with_name("stdout"), folder.with_name("stderr")
    begin = time.monotonic()
    with out.open("wb") as to, err.open("wb") as errors:
        process = _start(words, to, errors)
        stopped, peak, running = "", 0, True
        try:
            while running and not stopped:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    running = process.wait(0.02) is None
                peak = max(peak, memory_of(process.pid) if running else 0)
                stopped = _exceeded(time.monotonic() - begin, peak, (out, err, folder), caps)
        finally:
            _end(process)
    seconds = time.monotonic() - begin
    if stopped:
        return Outcome(process.returncode, stopped=stopped, seconds=seconds, peak=peak)
    files, strange = _collect(folder)
    return Outcome(
        process.returncode,
        out.read_text("utf-8", "replace"),
        files,
        strange,
        err.read_text("utf-8", "replace"),
        seconds=seconds,
        peak=peak,
    )


def _start(words: Sequence[str], to: IO[bytes], errors: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - it is what we are for
            words, stdin=subprocess.DEVNULL, stdout=to, stderr=errors, start_new_session=True
        )
    except OSError as error:
        raise SuiteError(f"{words[0]} cannot be started: {error}") from None


def _exceeded(seconds: float, peak: int, places: Sequence[Path], caps: Caps) -> str:
    if caps.stop.is_set():
        return "skip: interrupted"
    if seconds > caps.seconds:
        return f"timeout: still running after {caps.seconds:g} s"
    if peak > caps.memory:
        return f"memory: {peak // MIB} MiB, more than {caps.memory // MIB} MiB"
    written = sum(_size(place) for place in places)
    return f"output: wrote {written // MIB} MiB" if written > MOST_OUTPUT else ""


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):  # a file that the decoder has just removed
        return sum(map(_size, path.iterdir())) if path.is_dir() else path.lstat().st_size
    return 0


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it started."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def memory_of(pid: int) -> int:
    """Resident bytes of a process and its descendants; 0 where there is no /proc (see README)."""
    total, waiting = 0, [str(pid)]
    while waiting:
        place = Path("/proc", waiting.pop())
        with contextlib.suppress(OSError, ValueError, IndexError):
            total += int((place / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            waiting += (place / "task" / place.name / "children").read_text().split()
    return total


def _collect(folder: Path) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Return the regular files of a folder, and the names of all else in it."""
    entries = list(os.scandir(folder)) if folder.is_dir() else []
    plain = [entry for entry in entries if entry.is_file(follow_symlinks=False)]
    files = {entry.name: Path(entry.path).read_bytes() for entry in plain}
    return files, tuple(entry.name for entry in entries if entry not in plain)


# ----------------------------------------------------------------------------------- the reports


def summary(results: Sequence[Result]) -> str:
    """Return one line of counts."""
    counts = Counter(result.status for result in results)
    return ", ".join(f"{counts[word]} {word}" for word in sorted(counts, key=lambda w: -counts[w]))


def as_json(manifest: Row, results: Sequence[Result], options: argparse.Namespace) -> str:
    """Return the report for programs, and for --with."""
    report = {
        "name": options.name,
        "command": options.command,
        "suite_version": manifest["suite_version"],
        "complete": options.only is None,
        "strict": options.strict,
        "counts": Counter(result.status for result in results),
        "results": [asdict(result) for result in results],
    }
    return json.dumps(report, indent=1) + "\n"


def as_junit(results: Sequence[Result], name: str) -> str:
    """Return the report for build servers."""
    bad = [result for result in results if result.status not in GOOD]
    suite = ET.Element(
        "testsuite", name=clean(name), tests=str(len(results)), failures=str(len(bad))
    )
    suite.set("skipped", str(sum(result.status in {"skip", "known"} for result in results)))
    for result in results:
        topic, _, short = result.id.partition("/")
        case = ET.SubElement(
            suite, "testcase", classname=topic, name=short, time=f"{result.seconds:.3f}"
        )
        if result.status != "pass":
            tag = "skipped" if result.status in GOOD else "failure"
            ET.SubElement(case, tag, message=f"{result.status}: {result.reason}")
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


STYLE = """body{font:14px sans-serif;margin:2em}table{border-collapse:collapse}
th,td{border:1px solid #ccc;padding:2px 8px;text-align:left}td.pass{background:#cfc}
td.known,td.skip{background:#eee}td.bad{background:#fcc}th.topic{background:#def}"""


def as_html(rows: Sequence[Row], reports: Sequence[Row]) -> str:
    """Return one page: a row a vector, a column a report; every string is escaped."""
    found = [{one["id"]: one for one in report["results"]} for report in reports]
    lines = ["<!doctype html><meta charset=utf-8><title>dombit conformance</title>"]
    lines.append(f"<style>{STYLE}</style><h1>dombit conformance</h1><table><tr><th>vector<th>rules")
    for report in reports:
        counts = ", ".join(f"{n} {word}" for word, n in report["counts"].items())
        lines.append(f"<th>{escape(report['name'])}<br><small>{escape(counts)}</small>")
    topic = ""
    for row in rows:
        if row["id"].split("/")[0] != topic:
            topic = row["id"].split("/")[0]
            lines.append(f"<tr><th class=topic colspan={2 + len(found)}>{escape(topic)}")
        rules = ", ".join(row["requirements"][:3]) + ", …" * (len(row["requirements"]) > 3)
        lines.append(
            f'<tr><td title="{escape(row["title"])}">{escape(row["id"])}<td>{escape(rules)}'
        )
        lines += [_cell(results.get(row["id"])) for results in found]
    return "\n".join(lines) + "</table>\n"


def _cell(result: Row | None) -> str:
    if result is None:
        return "<td class=skip>not run"
    status = str(result["status"])
    look = status if status in GOOD else "bad"
    return f'<td class={look} title="{escape(result["reason"])}">{escape(status)}'


def escape(text: object) -> str:
    """Return text that is only text in HTML."""
    return html.escape(clean(str(text)), quote=True)


def read_report(path: Path) -> Row:
    """Read an earlier JSON report."""
    try:
        report: Row = json.loads(path.read_text("utf-8"))
        list(map(_cell, report["results"]))
        return {**report, "name": report["name"], "counts": dict(report["counts"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SuiteError(f"{path} is no report of this program: {error!r}") from None


# -------------------------------------------------------------------------------------- the whole


def run_all(
    rows: Sequence[Row], options: argparse.Namespace, by_id: dict[str, Row]
) -> Iterator[Result]:
    """Yield the verdicts in order, while processes run side by side."""
    limits = LIMITS if options.limits == "all" else tuple(options.limits.split(","))
    claims = Claims(
        profile=options.profile,
        level=options.level,
        limits=limits,
        strict=options.strict,
        files=options.files,
    )
    caps = Caps(seconds=options.timeout, memory=options.memory * MIB, stop=threading.Event())

    def one(row: Row) -> Result:
        beyond = sorted({*row["limits"]} - {*claims.limits})
        if beyond:
            return Result(row["id"], "skip", f"the decoder is not said to take limit {beyond[0]}")
        return judge(row, run_vector(options.command, options.suite, row, by_id, caps), claims)

    with ThreadPoolExecutor(options.jobs) as pool:
        try:
            yield from pool.map(one, rows)
        except BaseException:
            caps.stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def arguments() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    about = "Run a decoder over the conformance vectors; CMD is asked for as the README says."
    parser = argparse.ArgumentParser(prog="run.py", description=about)
    add = parser.add_argument
    add("command", nargs="+", metavar="CMD", help="behind --: the decoder and its first arguments")
    add("--suite", type=Path, default=Path(__file__).parent, help="folder of manifest.json")
    add("--name", default="decoder", help="name of the decoder in reports")
    add("--strict", action="store_true", help="want kind and stage, model digest, source files")
    add("--files", action="store_true", help="want the line of every file that is restored")
    add("--level", type=int, choices=(1, 2), default=2, help="the level that the decoder claims")
    add("--profile", choices=("base", "main"), default="main", help="the profile that it claims")
    help_limits = f"limits that it takes: all, or some of {','.join(LIMITS)}"
    add("--limits", default="output_bytes", metavar="NAMES", help=help_limits)
    add("--known", type=Path, metavar="FILE", help="known failures: lines of PATTERN REASON")
    add("--only", metavar="PATTERN", help="some vectors only: no complete run")
    add("-j", "--jobs", type=int, default=os.cpu_count() or 1, help="processes at a time")
    add("--timeout", type=float, default=10.0, metavar="S", help="seconds a vector (10)")
    add("--memory", type=int, default=1024, metavar="MIB", help="memory a vector (1024; Linux)")
    add("--json", type=Path, metavar="FILE", help="write a report for programs")
    add("--junit", type=Path, metavar="FILE", help="write a report for build servers")
    add("--html", type=Path, metavar="FILE", help="write a page: vectors by decoders")
    add("--with", type=Path, action="append", default=[], dest="others", metavar="JSON",
        help="a column of an earlier report in the page")  # fmt: skip
    add("-v", "--verbose", action="store_true", help="show what passes, too")
    return parser


def main(argv: Sequence[str]) -> int:
    """Run, report, and return the exit status."""
    options = arguments().parse_args(argv)
    try:
        return run(options)
    except SuiteError as error:
        print(f"run.py: {clean(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("run.py: interrupted, no verdict", file=sys.stderr)
        return 130


def run(options: argparse.Namespace) -> int:
    """Check the suite, run the vectors, and write the reports."""
    manifest, rows = load_manifest(options.suite)
    check_files(options.suite, rows)
    known = known_failures(options.known)
    stale = [p for p in known if not fnmatch.filter([row["id"] for row in rows], p)]
    if stale:
        raise SuiteError(f"{options.known}: {stale[0]} is no vector")
    others = [read_report(path) for path in options.others]
    if shutil.which(options.command[0]) is None:
        raise SuiteError(f"{options.command[0]} is no program")
    by_id = {row["id"]: row for row in rows}
    chosen = [row for row in rows if fnmatch.fnmatchcase(row["id"], options.only or "*")]
    if not chosen:
        raise SuiteError(f"no vector is called {options.only}")
    begin, results = time.monotonic(), []
    for result in run_all(chosen, options, by_id):
        results.append(expect_failure(result, known))
        if options.verbose or results[-1].status not in {"pass", "skip", "known"}:
            print(f"{results[-1].status:8} {result.id}: {results[-1].reason}".rstrip(": "))
    report = as_json(manifest, results, options)
    for path, text in (
        (options.json, report),
        (options.junit, as_junit(results, options.name)),
        (options.html, as_html(rows, [json.loads(report), *others])),
    ):
        if path is not None:
            path.write_text(text, encoding="utf-8")
    whole = "" if options.only is None else f" (of {len(rows)}: no complete run)"
    print(f"{len(results)} vectors{whole} in {time.monotonic() - begin:.0f} s: {summary(results)}")
    return int(any(result.status not in GOOD for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
