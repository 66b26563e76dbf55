"""The stream header (3.7)."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.decoder.container import Reader
from conformance.decoder.reject import Judge

JUDGE = Judge("container")
FEATURES = (
    "roots",
    "sparse segments",
    "trellis",
    "codebook",
    "grid rows",
    "low rank",
    "two-model predictor",
    "several models",
    "packed units",
    "global tables",
    "zero classes",
)
KNOWN_FEATURES = 0b1_0000_0011
PACKED_BIT = 8


@dataclass(frozen=True, slots=True)
class Header:
    """What a stream header says, and whether it is a short unit."""

    level: int = 0
    features: int = 0
    index: bool = False
    packed: bool = False


def read_header(payload: bytes, *, packed: bool) -> Header:
    """Read a stream header; each field by itself, then what goes together."""
    reader = Reader(payload, JUDGE)
    reader.holds(16)
    JUDGE.support((reader.u(1), reader.u(1)) == (0, 1), "version")
    JUDGE.support(reader.u(1) <= 1, "profile")
    level = reader.u(1)
    JUDGE.support(level in {1, 2}, "level")
    models = reader.u(2)
    JUDGE.allow(models > 0, "no model")
    JUDGE.support(models == 1, "several models")
    flags = reader.u(2)
    JUDGE.support(flags < 2, "a reserved stream flag is set")
    features = int.from_bytes(reader.take(8), "little")
    unknown = features & ~KNOWN_FEATURES
    if unknown:
        lowest = (unknown & -unknown).bit_length() - 1
        name = FEATURES[lowest] if lowest < len(FEATURES) else "unknown"
        JUDGE.reject("unsupported", f"feature bit {lowest} ({name})")
    reader.end()
    good = bool(features >> PACKED_BIT & 1) == packed
    JUDGE.fits(good, "R-CON-052: the feature bit of packed units")
    return Header(level, features, bool(flags), packed)
