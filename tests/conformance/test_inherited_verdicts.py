"""Three decoders give the same verdict, kind and stage, on structures, patches and packed units.

Each stream is a valid vector of chapter 13.7, 13.8, 8.10 or 3.8 with seeded faults and right
checksums: bytes of one such unit (`spoil`), or columns, fields and units, with a model digest that
fits (`bend`); now and then with the roots of another vector.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from bend import bent, fitting, rearranged
from conformance.decoder import Limits, Reject, RootMissing, decode
from conformance.run import load_manifest
from spoil import PACKED, PATCH, STRUCTURE, Piece, put_together, spoiled, take_apart

SUITE = Path(__file__).parents[2] / "conformance"
VECTORS = {row["id"]: row for row in load_manifest(SUITE)[1]}
BASES = [
    row
    for row in VECTORS.values()
    if row["kind"] == "valid" and row["id"].split("/")[0] in {"packed", "inherit", "patch"}
]
NODE = shutil.which("node")
SEEDS = 6
EACH = 100
TENSORS = 20_000
"""Limit of tensors: the scalar decoders make an object of each, before the root is there."""
ENGINES = ["numpy", "numba"] if importlib.util.find_spec("numba") else ["numpy"]
OFTEN = {STRUCTURE: 12, PATCH: 12}
Stream = tuple[str, bytes, tuple[bytes, ...]]


def read(name: str) -> bytes:
    """Return the bytes of a vector."""
    return (SUITE / VECTORS[name]["file"]).read_bytes()


@cache
def streams(seed: int) -> list[Stream]:
    """Return seeded streams, each with the id of its vector and its roots."""
    dice = random.Random(seed)  # noqa: S311 - seeded on purpose
    out = []
    for _ in range(EACH):
        row = dice.choice(BASES)
        names = (row if dice.random() < 0.9 else dice.choice(BASES))["roots"]
        roots = tuple(read(root) for root in dice.sample(names, len(names)))
        if dice.random() < 0.5:
            data = bent_stream(dice, read(row["id"]), roots)
        else:
            pieces = take_apart(read(row["id"]), whole=True)
            data = put_together(spoiled(dice, pieces, {STRUCTURE, PACKED, PATCH}))
        out.append((row["id"], data, roots))
    return out


def bent_stream(dice: random.Random, data: bytes, roots: Sequence[bytes]) -> bytes:
    """Return a stream with one or two faults in columns, fields or the order of its units."""
    pieces: list[Piece] = take_apart(data)
    if dice.random() < 0.1:
        pieces = rearranged(dice, pieces)
    for _ in range(dice.choice([1, 1, 2])):
        odds = [OFTEN.get(piece.type, 1) for piece in pieces]
        place = dice.choices(range(len(pieces)), odds)[0]
        try:
            pieces[place] = bent(dice, pieces[place])
        except (IndexError, ValueError):  # its directory is spoiled already
            continue
    return fitting(pieces, roots, pack=dice.random() < 0.4)


@cache
def verdict(data: bytes, roots: tuple[bytes, ...]) -> tuple[str, ...]:
    """Return what the scalar decoder says, with the digests of all files."""
    try:
        out = decode(data, Limits(tensors=TENSORS), roots=roots)
        files = [hashlib.sha256(data).hexdigest() for data in out.files.values()]
        return ("accepted", out.model_digest.hex(), *files)
    except RootMissing as missing:
        return ("missing", missing.digest.hex())
    except Reject as refusal:
        return (refusal.kind, refusal.stage, refusal.rule or "")


def package(data: bytes, roots: tuple[bytes, ...], engine: str) -> tuple[str, ...]:
    """Return what the package says; what is no error of its own goes through."""
    from dombit.errors import RootMissing as Missing
    from dombit_tools.conform import report

    limits = {"tensors": TENSORS}
    try:
        code, lines, files = report(data, len(data), limits, engine, roots)  # type: ignore[arg-type]
    except Missing:
        return ("missing",)
    if code:
        return (lines[0]["kind"], lines[0]["stage"])
    made = [hashlib.sha256(files[one["file"]]).hexdigest() for one in lines if "source" in one]
    return ("accepted", lines[-1]["model_digest"], *made)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_package_agrees(seed: int, engine: str) -> None:
    """Same model and same files, or same kind and stage, or the root is missing for both."""
    different = [
        (name, right, found, data.hex())
        for name, data, roots in streams(seed)
        for right in [verdict(data, roots)]
        for found in [package(data, roots, engine)]
        if found != (right if right[0] == "accepted" else right[: len(found)])
    ]
    assert different == []


@pytest.mark.skipif(NODE is None, reason="node is not installed: the JavaScript decoder is not run")
def test_the_javascript_decoder_agrees(tmp_path: Path) -> None:
    """Same model and same files, or same kind and stage."""
    every = [stream for seed in range(SEEDS) for stream in streams(seed)]
    lines = tmp_path / "streams.hex"
    lines.write_text(
        "\n".join(" ".join(x.hex() for x in [data, *roots]) for _, data, roots in every)
    )
    command = [NODE or "node", str(SUITE / "decoder_js" / "decode.mjs"), "--verdicts", str(lines)]
    command += ["--limit", f"tensors={TENSORS}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    different = [
        (name, right, one, data.hex())
        for (name, data, roots), one in zip(every, said, strict=True)
        for right in [verdict(data, roots)]
        if right[:2] != tuple(one.get(key, "accepted") for key in ("kind", "stage"))
        and right != ("accepted", one.get("model_digest"), *one.get("files", ()))
        and right != ("missing", one.get("missing"))
    ]
    assert different == []


def test_the_faults_are_of_many_kinds() -> None:
    """The streams reach the rules of these sections, and some are accepted."""
    seen = Counter(
        verdict(data, roots)[-1] for seed in range(SEEDS) for _, data, roots in streams(seed)
    )
    rules = {rule for rule in seen if rule.startswith("R-")}
    assert len(rules) > 50
    assert sum(count for said, count in seen.items() if len(said) == 64) > 40
