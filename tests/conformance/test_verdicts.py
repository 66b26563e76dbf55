"""Three decoders give the same verdict, kind, stage and rule, on groups and segments with faults.

The order of checks in a group (6.7) and in a segment (7.4) is normative: a payload that breaks
several rules is refused for the first of them. Each stream here is a valid vector with seeded
faults and right checksums; where the elements come out, its model digest is made to fit, so that
elements are compared as well.
"""

from __future__ import annotations

import importlib.util
import json
import random
import re
import shutil
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from adapter import decode_with_dombit
from conformance.decoder import Reject, decode
from conformance.run import load_manifest
from spoil import Piece, put_together, spoiled, take_apart, with_digest

SUITE = Path(__file__).parents[2] / "conformance"
VECTORS = {row["id"]: row for row in load_manifest(SUITE)[1]}
BASES = [
    row
    for row in VECTORS.values()
    if row["kind"] == "valid" and row.get("segments") and row["size"] < 3000
    and row["id"] not in {"segment/rounds_65536", "dom/sparse_long"}
]  # fmt: skip
NODE = shutil.which("node")
ENGINES = ["numpy", "numba"] if importlib.util.find_spec("numba") else ["numpy"]
SEEDS = 8
EACH = 100
Verdict = tuple[str, ...]
OF_DATA = [
    row
    for row in VECTORS.values()
    if row.get("error", {}).get("stage") in {"parameters", "segment", "reconstruction"}
    and row["size"] < 20_000
]
"""Vectors that are refused in a group or a segment."""


@cache
def roots_of(name: str) -> list[bytes]:
    """Return the streams that a decoder of a vector is given as roots."""
    roots = VECTORS[name].get("roots", [])
    return [(SUITE / VECTORS[root]["file"]).read_bytes() for root in roots]


def scalar(name: str, data: bytes) -> Verdict:
    """Return what the scalar decoder says: a digest, or kind, stage and rule."""
    try:
        return ("accepted", decode(data, roots=roots_of(name)).model_digest.hex())
    except Reject as refusal:
        return (refusal.kind, refusal.stage, refusal.rule or "")


def package(name: str, data: bytes, engine: str) -> Verdict:
    """Return what the package says: a digest, or kind, stage and rule."""
    from dombit.errors import DombitError

    try:
        return ("accepted", decode_with_dombit(data, engine, roots_of(name))[1].hex())
    except DombitError as refusal:
        return (refusal.kind, refusal.stage, refusal.rule)


def alike(first: Verdict, second: Verdict) -> bool:
    """Tell whether two verdicts are one; rules count where both name one."""
    return first[:2] == second[:2] and (first[2:] == second[2:] or "" in {*first, *second})


def fitting(name: str, pieces: list[Piece]) -> bytes:
    """Return a stream whose model digest is that of the elements, if they come out."""
    data = put_together(pieces)
    try:
        decode(data, roots=roots_of(name))
    except Reject as refusal:
        found = re.fullmatch(r"R-IDN-002: the model digest is (\w+)", refusal.message)
        if found:
            return put_together(with_digest(pieces, bytes.fromhex(found[1])))
    return data


@cache
def streams(seed: int) -> list[tuple[str, bytes]]:
    """Return seeded streams, each with the id of its vector."""
    dice = random.Random(seed)  # noqa: S311 - seeded on purpose
    out = []
    for _ in range(EACH):
        row = dice.choice(BASES)
        pieces = take_apart((SUITE / row["file"]).read_bytes())
        out.append((row["id"], fitting(row["id"], spoiled(dice, pieces))))
    return out


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_package_and_the_scalar_decoder_agree(seed: int, engine: str) -> None:
    """Same digest, or same kind, stage and rule."""
    different = [
        (name, scalar(name, data), package(name, data, engine), data.hex())
        for name, data in streams(seed)
        if not alike(scalar(name, data), package(name, data, engine))
    ]
    assert different == []


@pytest.mark.skipif(NODE is None, reason="node is not installed: the JavaScript decoder is not run")
def test_the_javascript_decoder_agrees(tmp_path: Path) -> None:
    """Same digest, or same kind and stage, also for what the vectors say of these stages."""
    every = [stream for seed in range(SEEDS) for stream in streams(seed)]
    every += [(row["id"], (SUITE / row["file"]).read_bytes()) for row in OF_DATA]
    lines = tmp_path / "streams.hex"
    given = [" ".join(one.hex() for one in [data, *roots_of(name)]) for name, data in every]
    lines.write_text("\n".join(given))
    command = [NODE or "node", str(SUITE / "decoder_js" / "decode.mjs"), "--verdicts", str(lines)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    different = [
        (name, scalar(name, data), verdict, data.hex())
        for (name, data), verdict in zip(every, said, strict=True)
        if scalar(name, data)[:2] != tuple(verdict.get(k, "accepted") for k in ("kind", "stage"))
        and scalar(name, data) != ("accepted", verdict.get("model_digest"))
    ]
    assert different == []


def test_the_faults_are_of_many_kinds() -> None:
    """The streams reach the rules of chapters 6, 7, 11 and 12, and some are accepted."""
    every = [stream for seed in range(SEEDS) for stream in streams(seed)]
    seen = Counter(scalar(name, data)[-1] for name, data in every)
    rules = {rule for rule in seen if rule.startswith("R-")}
    assert len(rules) > 40
    assert sum(count for said, count in seen.items() if len(said) == 64) > 40
