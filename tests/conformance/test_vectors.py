"""The committed vectors: current, described truly, and decoded as the manifest says."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from adapter import decode_with_dombit
from conformance.decoder import Reject, decode
from conformance.decoder.identity import tensor_digest
from conformance.make.all import build_all, stale, states_digest

SUITE = Path(__file__).parents[2] / "conformance"
MANIFEST: dict[str, Any] = json.loads((SUITE / "manifest.json").read_text())
VECTORS: list[dict[str, Any]] = MANIFEST["vectors"]
BY_ID = {row["id"]: row for row in VECTORS}
VALID = [row for row in VECTORS if row["kind"] == "valid"]
REFUSED = [row for row in VECTORS if row["kind"] != "valid"]


def each(rows: list[dict[str, Any]]) -> Any:
    """Run a test for every row."""
    return pytest.mark.parametrize("row", rows, ids=lambda row: row["id"])


def read(row: dict[str, Any]) -> bytes:
    """Return the bytes of a vector."""
    return (SUITE / row["file"]).read_bytes()


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


def test_ids_are_unique_and_twins_are_valid() -> None:
    """An id appears once; the twin of a refused vector is a valid one."""
    assert len(BY_ID) == len(VECTORS)
    assert [row["id"] for row in REFUSED if BY_ID[row["twin"]]["kind"] != "valid"] == []


def test_titles_are_unique() -> None:
    """No two vectors claim to show the same."""
    titles = [row["title"] for row in VECTORS]
    assert sorted(set(titles)) == sorted(titles)


def test_every_kind_and_stage_has_a_refused_vector() -> None:
    """All kinds but root-mismatch (roots are reserved) and all stages occur."""
    kinds = {row["error"]["kind"] for row in REFUSED}
    stages = {row["error"]["stage"] for row in REFUSED}
    assert len(kinds) == 8
    assert len(stages) == 6


def test_suite_is_small() -> None:
    """The vectors stay below 300 kB, so that they can live in the repository."""
    assert sum(row["size"] for row in VECTORS) < 300_000


def test_suite_imports_the_standard_library_only() -> None:
    """No file of the suite imports the package, or anything else that is not in Python."""
    seen = set()
    for path in SUITE.rglob("*.py"):
        for line in path.read_text().splitlines():
            words = line.split()
            if words[:1] in (["import"], ["from"]) and len(words) > 1:
                seen.add(words[1].split(".")[0])
    assert seen - set(sys.stdlib_module_names) == {"conformance"}


def test_programs_are_short() -> None:
    """A program that makes a vector fits on a screen."""
    sizes = {p: len(p.read_text().splitlines()) for p in SUITE.glob("make/*/*.py")}
    assert {str(p): n for p, n in sizes.items() if n > 40} == {}


@each(VECTORS)
def test_file_has_its_hash_and_fault_in_bounds(row: dict[str, Any]) -> None:
    """Size and hash are those of the file, and the fault lies in it."""
    data = read(row)
    assert (len(data), hashlib.sha256(data).hexdigest()) == (row["size"], row["sha256"])
    first, last = row.get("error", {"bytes": [0, 0]})["bytes"]
    assert 0 <= first <= last <= row["size"]


@each(VALID)
def test_scalar_decoder_gives_the_expected_values(row: dict[str, Any]) -> None:
    """Tensors, files, digests, words and end states are those of the manifest."""
    decoded = decode(read(row))
    tensors = [
        {
            "name": t.name,
            "dtype": t.dtype,
            "shape": list(t.shape),
            "digest": tensor_digest(t.data).hex(),
        }
        for t in decoded.tensors
    ]
    files = {name: hashlib.sha256(data).hexdigest() for name, data in decoded.files.items()}
    assert tensors == row["tensors"]
    assert decoded.model_digest.hex() == row["model_digest"]
    assert files == row.get("files", {})
    said = [{k: v for k, v in one.items() if k != "unit"} for one in row["segments"]]
    assert [
        {
            "kind": s.kind,
            "symbols": s.symbols,
            "lanes": s.lanes,
            "words": s.words,
            "end_states_sha256": states_digest(s.end_states),
        }
        for s in decoded.segments
    ] == said


@each(REFUSED)
def test_scalar_decoder_refuses_with_kind_and_stage(row: dict[str, Any]) -> None:
    """A fault is refused as the manifest says."""
    with pytest.raises(Reject) as verdict:
        decode(read(row))
    error = row["error"]
    assert (verdict.value.kind, verdict.value.stage) == (error["kind"], error["stage"])


@pytest.mark.parametrize("name", ["example/worked", "skeleton/pieces", "stored/aligned"])
def test_every_proper_prefix_is_truncated(name: str) -> None:
    """A stream that is cut anywhere is truncated, whatever stands at the cut."""
    data = read(BY_ID[name])
    for size in range(len(data)):
        with pytest.raises(Reject) as verdict:
            decode(data[:size])
        assert (size, verdict.value.kind) == (size, "truncated")


def test_every_flipped_bit_is_refused() -> None:
    """No single bit of the smallest stream can change unnoticed."""
    data = bytearray(read(BY_ID["example/small"]))
    for bit in range(8 * len(data)):
        data[bit >> 3] ^= 1 << (bit & 7)
        with pytest.raises(Reject):
            decode(bytes(data))
        data[bit >> 3] ^= 1 << (bit & 7)


@each(VALID)
def test_dombit_gives_the_expected_values(row: dict[str, Any]) -> None:
    """The package decodes a valid vector to the tensors of the manifest."""
    tensors, digest = decode_with_dombit(read(row))
    assert digest.hex() == row["model_digest"]
    assert {
        name: (dtype, list(shape), tensor_digest(data).hex())
        for name, (dtype, shape, data) in tensors.items()
    } == {t["name"]: (t["dtype"], t["shape"], t["digest"]) for t in row["tensors"]}


@each(REFUSED)
def test_dombit_refuses_with_kind_and_stage(row: dict[str, Any]) -> None:
    """The package refuses a fault as the manifest says."""
    from dombit.errors import DombitError

    with pytest.raises(DombitError) as verdict:
        decode_with_dombit(read(row))
    error = row["error"]
    assert (verdict.value.kind, verdict.value.stage) == (error["kind"], error["stage"])
