"""Two decoders give the same verdict, kind and stage, on structures, patches and packed units.

Each stream is a valid vector of chapter 13.7, 13.8, 8.10 or 3.8 with seeded faults in one such
unit and right checksums, now and then with the roots of another vector.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from conformance.decoder import Reject, RootMissing, decode
from conformance.run import load_manifest
from spoil import PACKED, PATCH, STRUCTURE, put_together, spoiled, take_apart

SUITE = Path(__file__).parents[2] / "conformance"
VECTORS = {row["id"]: row for row in load_manifest(SUITE)[1]}
BASES = [
    row
    for row in VECTORS.values()
    if row["kind"] == "valid" and row["id"].split("/")[0] in {"packed", "inherit", "patch"}
]
NODE = shutil.which("node")
SEEDS = 10
EACH = 150
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
        pieces = take_apart(read(row["id"]), whole=True)
        data = put_together(spoiled(dice, pieces, {STRUCTURE, PACKED, PATCH}))
        roots = (row if dice.random() < 0.9 else dice.choice(BASES))["roots"]
        out.append((row["id"], data, tuple(read(root) for root in roots)))
    return out


@cache
def verdict(data: bytes, roots: tuple[bytes, ...]) -> tuple[str, ...]:
    """Return what the scalar decoder says, with the digests of all files."""
    try:
        out = decode(data, roots=roots)
        files = [hashlib.sha256(data).hexdigest() for data in out.files.values()]
        return ("accepted", out.model_digest.hex(), *files)
    except RootMissing as missing:
        return ("missing", missing.digest.hex())
    except Reject as refusal:
        return (refusal.kind, refusal.stage, refusal.rule or "")


@pytest.mark.skipif(NODE is None, reason="node is not installed: the JavaScript decoder is not run")
def test_the_javascript_decoder_agrees(tmp_path: Path) -> None:
    """Same model and same files, or same kind and stage."""
    every = [stream for seed in range(SEEDS) for stream in streams(seed)]
    lines = tmp_path / "streams.hex"
    lines.write_text(
        "\n".join(" ".join(x.hex() for x in [data, *roots]) for _, data, roots in every)
    )
    command = [NODE or "node", str(SUITE / "decoder_js" / "decode.mjs"), "--verdicts", str(lines)]
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
    assert len(rules) > 30
    assert sum(count for said, count in seen.items() if len(said) == 64) > 40
