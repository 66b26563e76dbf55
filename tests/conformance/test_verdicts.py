"""Three decoders give the same verdict, kind, stage and rule, on groups and segments with faults.

The order of checks in a group (6.7) and in a segment (7.4) is normative: a payload that breaks
several rules is refused for the first of them. Each stream here is a valid vector with seeded
faults and right checksums; where the elements come out, its model digest is made to fit, so that
elements are compared as well.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from adapter import decode_with_dombit
from conformance.decoder import Reject, decode
from spoil import Piece, put_together, spoiled, take_apart, with_digest

SUITE = Path(__file__).parents[2] / "conformance"
BASES = [
    row
    for row in json.loads((SUITE / "manifest.json").read_text())["vectors"]
    if row["kind"] == "valid" and row.get("segments") and row["size"] < 3000
    and row["id"] != "segment/rounds_65536"
]  # fmt: skip
SEEDS = 8
EACH = 100
Verdict = tuple[str, ...]


def scalar(data: bytes) -> Verdict:
    """Return what the scalar decoder says: a digest, or kind, stage and rule."""
    try:
        return ("accepted", decode(data).model_digest.hex())
    except Reject as refusal:
        return (refusal.kind, refusal.stage, refusal.rule or "")


def package(data: bytes) -> Verdict:
    """Return what the package says: a digest, or kind, stage and rule."""
    from dombit.errors import DombitError

    try:
        return ("accepted", decode_with_dombit(data)[1].hex())
    except DombitError as refusal:
        return (refusal.kind, refusal.stage, refusal.rule)


def alike(first: Verdict, second: Verdict) -> bool:
    """Tell whether two verdicts are one; rules count where both name one."""
    return first[:2] == second[:2] and (first[2:] == second[2:] or "" in {*first, *second})


def fitting(pieces: list[Piece]) -> bytes:
    """Return a stream whose model digest is that of the elements, if they come out."""
    data = put_together(pieces)
    try:
        decode(data)
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
        out.append((row["id"], fitting(spoiled(dice, pieces))))
    return out


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_package_and_the_scalar_decoder_agree(seed: int) -> None:
    """Same digest, or same kind, stage and rule."""
    different = [
        (name, scalar(data), package(data), data.hex())
        for name, data in streams(seed)
        if not alike(scalar(data), package(data))
    ]
    assert different == []


def test_the_faults_are_of_many_kinds() -> None:
    """The streams reach the rules of chapters 6, 7, 11 and 12, and some are accepted."""
    seen = Counter(scalar(data)[-1] for seed in range(SEEDS) for _, data in streams(seed))
    rules = {rule for rule in seen if rule.startswith("R-")}
    assert len(rules) > 40
    assert sum(count for said, count in seen.items() if len(said) == 64) > 40
