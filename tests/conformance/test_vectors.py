"""The committed vectors: current, described truly, and decoded as the manifest says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from conformance.decoder import Limits, Reject, decode
from conformance.decoder.__main__ import report as scalar_report
from conformance.decoder.roots import Pool
from conformance.decoder.stream import Decoder, run
from conformance.decoder.structure import Structure
from conformance.make.all import build_all, stale
from conformance.run import Claims, Outcome, judge, load_manifest

from dombit_tools.conform import report as dombit_report

SUITE = Path(__file__).parents[2] / "conformance"
MANIFEST: dict[str, Any] = json.loads((SUITE / "manifest.json").read_text())
VECTORS = load_manifest(SUITE)[1]
BY_ID = {row["id"]: row for row in VECTORS}
REFUSED = [row for row in VECTORS if row["kind"] != "valid"]
STRICT = Claims(strict=True)


def each(rows: list[dict[str, Any]]) -> Any:
    """Run a test for every row."""
    return pytest.mark.parametrize("row", rows, ids=lambda row: row["id"])


def read(row: dict[str, Any]) -> bytes:
    """Return the bytes of a vector."""
    return (SUITE / row["file"]).read_bytes()


def roots_of(row: dict[str, Any]) -> list[bytes]:
    """Return the streams that a decoder of a vector is given as roots."""
    return [read(BY_ID[root]) for root in row["roots"]]


def verdict(row: dict[str, Any], report: Any) -> tuple[str, str]:
    """Return what the runner makes of a decoder's report."""
    code, lines, files = report
    said = "\n".join(json.dumps(line) for line in lines)
    result = judge(row, Outcome(code, said, files), STRICT)
    return result.status, result.reason


def test_files_are_what_the_programs_build() -> None:
    """Every committed file is current, and none is left over."""
    assert stale(build_all()) == []


def test_manifest_fits_its_schema() -> None:
    """The manifest holds to manifest.schema.json."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((SUITE / "manifest.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    errors = jsonschema.Draft202012Validator(schema).iter_errors(MANIFEST)
    assert [error.message for error in errors] == []


def test_every_kind_and_stage_has_a_refused_vector() -> None:
    """All kinds and all stages occur."""
    kinds = {row["error"]["kind"] for row in REFUSED}
    stages = {row["error"]["stage"] for row in REFUSED}
    assert len(kinds) == 9
    assert len(stages) == 6


def test_suite_imports_the_standard_library_only() -> None:
    """No file of the suite imports the package, or anything else that is not in Python."""
    seen = set()
    for path in SUITE.rglob("*.py"):
        for line in path.read_text().splitlines():
            words = line.split()
            if words[:1] in (["import"], ["from"]) and len(words) > 1:
                seen.add(words[1].split(".")[0])
    assert seen - set(sys.stdlib_module_names) == {"conformance"}


@each(VECTORS)
def test_the_scalar_decoder_passes(row: dict[str, Any]) -> None:
    """Tensors, source files, digests, words, end states; or kind and stage: all of the manifest."""
    assert verdict(row, scalar_report(read(row), row["limits"], roots_of(row))) == ("pass", "")


@each(VECTORS)
def test_dombit_passes(row: dict[str, Any]) -> None:
    """The package gives what the manifest says, or refuses as it says."""
    more = {"roots": roots_of(row)} if row["roots"] else {}
    report = dombit_report(read(row), row["size"], row["limits"], **more)
    assert verdict(row, report) == ("pass", "")


def test_the_scalar_decoder_reports_every_segment() -> None:
    """The runner compares segments only where a decoder gives them: this one gives all."""
    for row in VECTORS:
        if row["kind"] == "valid":
            lines = scalar_report(read(row), row["limits"], roots_of(row))[1]
            assert sum("segment" in line for line in lines) == len(row.get("segments", []))


@each(REFUSED)
def test_released_is_what_was_checked_before_the_fault(row: dict[str, Any]) -> None:
    """What the manifest lets a decoder release had passed its checks, and nothing else had."""
    from conformance.decoder.container import units

    data, limits = read(row), Limits(**row["limits"])
    pool = Pool(roots_of(row), lambda root, above: run(root, limits, pool, above))

    def root_of(structure: Structure) -> Decoder:
        return pool.root_of(structure, ())

    decoder = Decoder(limits.output(len(data)), limits, root_of)
    with pytest.raises(Reject):
        for unit in units(data, limits, decoder.check_place):
            decoder.take(unit)
        decoder.check_end(len(data))
    known = "verified" if decoder.finished else "unverified" if decoder.structure else "nothing"
    assert row["error"].get("released", "nothing") == known


@pytest.mark.parametrize(
    "name", ["example/worked", "skeleton/pieces", "stored/aligned", "packed/plain", "packed/most"]
)
def test_every_proper_prefix_is_truncated(name: str) -> None:
    """A stream that is cut anywhere is truncated, whatever stands at the cut."""
    data = read(BY_ID[name])
    for size in range(len(data)):
        with pytest.raises(Reject) as verdict:
            decode(data[:size])
        assert (size, verdict.value.kind) == (size, "truncated")


@pytest.mark.parametrize("name", ["example/small", "packed/deflated_stored", "inherit/equal"])
def test_every_flipped_bit_is_refused(name: str) -> None:
    """No single bit of a small stream can change unnoticed."""
    data = bytearray(read(BY_ID[name]))
    for bit in range(8 * len(data)):
        data[bit >> 3] ^= 1 << (bit & 7)
        with pytest.raises(Reject):
            decode(bytes(data), roots=roots_of(BY_ID[name]))
        data[bit >> 3] ^= 1 << (bit & 7)
