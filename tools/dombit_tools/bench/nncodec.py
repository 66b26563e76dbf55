"""NNCodec at a given SNR: the two neighbouring steps around it, and what lies between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dombit_tools.bench.session import SNR, Session

TRIES = 10
Attempt = dict[str, Any]
"""What the worker says of one encoding; `snr_db` and `bits_per_weight` among it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """NNCodec's stream of a model, as near to the SNR as its steps allow."""

    arrays: str
    stream: str
    qp: int
    snr_db: float
    """At least the SNR asked for."""
    bits_per_weight: float
    bits_at_snr: float
    """Interpolated to the SNR between the neighbouring steps."""
    encode_seconds: float


def rival(session: Session, model: Path) -> Rival:
    """Return NNCodec's stream of a model; made once in a session."""
    if str(model) not in session.made:
        session.made[str(model)] = encode_rival(session, model)
    made: Rival = session.made[str(model)]
    return made


def encode_rival(session: Session, model: Path) -> Rival:
    """Search the step, and keep the stream of the finer neighbour."""
    arrays = session.temporary(f"{len(session.made)}.npz")
    stream = session.temporary(f"{len(session.made)}.nnc")
    worker = session.peers["nncodec"]
    session.ours.ask("arrays", model=str(model), out=arrays)
    first = worker.ask("first_qp", arrays=arrays, snr=SNR)["qp"]
    octave = worker.ask("hello")["octave"]
    seen = search(
        lambda qp: worker.ask("encode", arrays=arrays, out=stream, qp=qp), SNR, first, octave
    )
    qp, best = nearest_above(seen, SNR)
    last = worker.ask("encode", arrays=arrays, out=stream, qp=qp)
    return Rival(
        arrays=arrays,
        stream=stream,
        qp=qp,
        snr_db=best["snr_db"],
        bits_per_weight=best["bits_per_weight"],
        bits_at_snr=bits_at(seen, SNR),
        encode_seconds=last["seconds"],
    )


def search(
    encode: Callable[[int], Attempt], snr: float, first: int, octave: int
) -> dict[int, Attempt]:
    """Encode until two neighbouring steps have the SNR between them; all attempts by qp."""
    seen: dict[int, Attempt] = {}
    qp = first
    while len(seen) < TRIES:
        seen[qp] = encode(qp)
        fine = [q for q, attempt in seen.items() if attempt["snr_db"] >= snr]
        coarse = [q for q, attempt in seen.items() if attempt["snr_db"] < snr]
        if fine and coarse and min(coarse) - max(fine) <= 1:
            break
        qp = next_qp(seen[qp]["snr_db"] - snr, qp, octave)
        if fine and coarse:
            qp = min(max(qp, max(fine) + 1), min(coarse) - 1)
    return seen


def next_qp(excess: float, qp: int, octave: int) -> int:
    """Return the step parameter that should take away an excess of dB; never the same one."""
    change = round(excess / 6.02 * octave)
    return qp + (change or (1 if excess >= 0 else -1))


def nearest_above(seen: dict[int, Attempt], snr: float) -> tuple[int, Attempt]:
    """Return the coarsest step that keeps the SNR (the finest one, if none does)."""
    fine = [q for q, attempt in seen.items() if attempt["snr_db"] >= snr]
    qp = max(fine) if fine else min(seen)
    return qp, seen[qp]


def bits_at(seen: dict[int, Attempt], snr: float) -> float:
    """Return the bits per weight at an SNR, between the two attempts around it."""
    points = sorted((attempt["snr_db"], attempt["bits_per_weight"]) for attempt in seen.values())
    below = [point for point in points if point[0] < snr]
    above = [point for point in points if point[0] >= snr]
    if not below or not above:
        return float((above or below[::-1])[0][1])
    (low, bits), (high, more) = below[-1], above[0]
    return float(bits + (more - bits) * (snr - low) / (high - low))
