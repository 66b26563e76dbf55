"""Limits: what a caller lets a stream cost, and the levels (chapter 16)."""

from __future__ import annotations

from dataclasses import dataclass

GIB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Upper bounds that the caller gives; a stream beyond one is limit-exceeded."""

    output_bytes: int = GIB
    """Bytes of all decoded tensors, aliases included, and of the re-assembled files."""
    tensors: int = 10_000_000
    units: int = 10_000_000
    inflated_bytes: int = 64 << 20
    """Bytes of one inflated payload (the format's own limit as well)."""
    rank: int = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Sizes that a level allows."""

    lanes_log2: int
    tables: int
    tokens: int


LEVELS: dict[int, Level] = {
    1: Level(lanes_log2=10, tables=64, tokens=64),
    2: Level(lanes_log2=16, tables=256, tokens=256),
}
MAX_ROUNDS = 65_536


def default_limits(stream_bytes: int) -> Limits:
    """Return the limits used where the caller names none."""
    return Limits(output_bytes=max(GIB, 1024 * stream_bytes))
