"""Two decoders, written apart, agree on streams that nobody wrote."""

from __future__ import annotations

import random
import zlib
from pathlib import Path
from typing import Any

import pytest
from adapter import decode_with_dombit
from conformance.decoder import Reject, decode
from conformance.run import load_manifest

SUITE = Path(__file__).parents[2] / "conformance"
VECTORS = {row["id"]: row for row in load_manifest(SUITE)[1]}
SMALL = [
    row
    for row in VECTORS.values()
    if row["kind"] == "valid"
    and 400 < row["size"] < 1300
    and row["id"] not in {"segment/rounds_65536", "dom/sparse_long"}
]


def units(data: bytes) -> list[tuple[int, int]]:
    """Start and size of every payload."""
    at, out = 12, []
    while at < len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        out.append((at + 12 + data[at + 3], size))
        at += 12 + data[at + 3] + size + 4
    return out


def damaged(dice: random.Random, data: bytes) -> bytes:
    """Change one byte of a payload, and make its checksum right again."""
    start, size = dice.choice([unit for unit in units(data) if unit[1]])
    out = bytearray(data)
    out[start + dice.randrange(size)] ^= 1 << dice.randrange(8)
    crc = zlib.crc32(out[start : start + size])
    out[start + size : start + size + 4] = crc.to_bytes(4, "little")
    return bytes(out)


def roots_of(row: dict[str, Any]) -> list[bytes]:
    """Return the streams that a decoder of a vector is given as roots."""
    return [(SUITE / VECTORS[root]["file"]).read_bytes() for root in row.get("roots", [])]


def scalar(data: bytes, roots: list[bytes]) -> str:
    """Return what the scalar decoder says: a digest, or refused."""
    try:
        return decode(data, roots=roots).model_digest.hex()
    except Reject:
        return "refused"


def package(data: bytes, roots: list[bytes]) -> str:
    """Return what the package says: a digest, or refused."""
    from dombit.errors import DombitError

    try:
        return str(decode_with_dombit(data, roots=roots)[1].hex())
    except DombitError:
        return "refused"


@pytest.mark.parametrize("seed", range(4))
def test_decoders_agree_on_damaged_streams(seed: int) -> None:
    """With valid checksums around one wrong bit, both refuse or both give the same model."""
    dice = random.Random(seed)  # noqa: S311 - seeded on purpose
    for _ in range(100):
        row = dice.choice(SMALL)
        data = damaged(dice, (SUITE / row["file"]).read_bytes())
        roots = roots_of(row)
        both = scalar(data, roots), package(data, roots)
        assert (row["id"], data.hex(), both[0]) == (row["id"], data.hex(), both[1])
