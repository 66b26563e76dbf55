"""Speeds: decoding in turns with NNCodec, encoding by itself and in turns with the peers."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dombit_tools.bench.findings import Finding
from dombit_tools.bench.materials import four_million
from dombit_tools.bench.nncodec import rival
from dombit_tools.bench.processes import Turn, alternate, ratio
from dombit_tools.bench.session import SNR, Session
from dombit_tools.bench.writing import write_safetensors

ENGINES = ("numpy", "numba")
JOBS: dict[int | None, str] = {None: "threads as they come", 1: "one thread"}
"""NNCodec has one thread."""
TENSOR_TARGETS = {"numpy": 5.0, "numba": 9.0}
MODEL_TARGETS = {"numpy": 4.0, "numba": 6.0}
ENCODE_TARGETS = {"lossless": 30.0, f"--snr {SNR}": 90.0}


def measure(session: Session) -> Iterator[Finding]:
    """Yield decoding and encoding speeds on the first model."""
    tensor = Path(session.temporary("tensor.safetensors"))
    weights = four_million(session.source())
    write_safetensors(tensor, {"weight": ("F32", list(weights.shape), weights.tobytes())})
    name = f"tensor of {weights.size / 2**20:.1f} Mi weights, without digests"
    yield from decoding(session, tensor, name, TENSOR_TARGETS, digests=False)
    name = f"{session.settings.models[0]} whole, with digests"
    yield from decoding(session, session.source(), name, MODEL_TARGETS, digests=True)
    yield from encoding(session)


def decoding(
    session: Session, model: Path, name: str, targets: dict[str, float], *, digests: bool
) -> Iterator[Finding]:
    """Decode a lossy stream with each engine, in turns with NNCodec (one thread, no digests)."""
    stream = session.temporary(f"speed-{model.stem}.dombit")
    rate = {"snr": SNR}
    made = session.ours.ask("encode", model=str(model), out=stream, engine="numpy", rate=rate)
    ways = [(engine, jobs) for jobs in JOBS for engine in ENGINES]
    turns = [our_turn(session, stream, way, digests=digests) for way in ways]
    rates = {key: made[key] for key in ("bits_per_weight", "snr_db")}
    if "nncodec" not in session.peers:
        times = alternate(turns, session.settings.repeat)
        for (engine, jobs), mine in zip(ways, times, strict=True):
            yield alone(session, f"{name}, {engine}, {JOBS[jobs]}", {"ours": mine, **rates})
        return
    other = rival(session, model)
    rates |= {"nncodec_bits_per_weight": other.bits_per_weight, "nncodec_snr_db": other.snr_db}
    times = alternate(in_turn_with(session, turns, other.stream), session.settings.repeat)
    for (engine, jobs), mine, theirs in zip(ways, times[::2], times[1::2], strict=True):
        numbers = {"ours": mine, "nncodec": theirs, **rates}
        yield against(session, f"{name}, {engine}, {JOBS[jobs]}", targets[engine], numbers)


def our_turn(session: Session, stream: str, way: tuple[str, int | None], *, digests: bool) -> Turn:
    """Return our turn, with an engine and a number of threads."""
    engine, jobs = way
    return lambda: session.ours.ask(
        "decode", stream=stream, engine=engine, digests=digests, jobs=jobs
    )


def in_turn_with(session: Session, turns: list[Turn], stream: str) -> list[Turn]:
    """Return the turns with one of NNCodec after each."""

    def theirs() -> dict[str, Any]:
        return session.peers["nncodec"].ask("decode", stream=stream)

    return [turn for mine in turns for turn in (mine, theirs)]


def against(session: Session, how: str, target: float, numbers: dict[str, Any]) -> Finding:
    """Return our time beside NNCodec's."""
    mine, theirs = numbers["ours"], numbers["nncodec"]
    faster = ratio(mine, theirs)
    return Finding(
        figure=f"decode, {how}, against NNCodec",
        value=f"{faster:.1f} x ({milliseconds(mine)} : {milliseconds(theirs)})",
        target=f"≥ {target:g} x",
        met=faster >= target,
        numbers=numbers,
        command=session.command("speeds"),
    )


def alone(session: Session, how: str, numbers: dict[str, Any]) -> Finding:
    """Return our time where no peer takes part."""
    return Finding(
        figure=f"decode, {how}",
        value=milliseconds(numbers["ours"]),
        numbers=numbers,
        command=session.command("speeds"),
    )


def milliseconds(seconds: list[float]) -> str:
    """Return the median for people."""
    return f"{1000 * statistics.median(seconds):.0f} ms"


# ---------------------------------------------------------------------------------------- encoding


def encoding(session: Session) -> Iterator[Finding]:
    """Encode the first model with NumPy, in turns with the peers."""
    model, out = str(session.source()), session.temporary("speed.dombit")
    for rate, options in (("lossless", {}), (f"--snr {SNR}", {"snr": SNR})):
        turns: list[Turn] = [
            lambda options=options: session.ours.ask(  # type: ignore[misc]
                "encode", model=model, out=out, engine="numpy", rate=options
            )
        ]
        peer = "nncodec" if options else "zipnn"
        if peer in session.peers:
            turns.append(peer_encoder(session, peer))
        times = alternate(turns, min(3, session.settings.repeat))
        shown = f"{statistics.median(times[0]):.1f} s"
        if len(times) > 1:
            shown += f"; {peer} {statistics.median(times[1]):.1f} s"
        yield Finding(
            figure=f"encode {session.settings.models[0]}, {rate}, numpy",
            value=shown,
            target=f"≤ {ENCODE_TARGETS[rate]:.0f} s",
            met=statistics.median(times[0]) <= ENCODE_TARGETS[rate],
            numbers={"ours": times[0], peer: times[1] if len(times) > 1 else None},
            command=session.command("speeds"),
        )


def peer_encoder(session: Session, peer: str) -> Turn:
    """Return the turn of a peer that encodes."""
    worker = session.peers[peer]
    if peer == "zipnn":
        model, out = str(session.source()), session.temporary("speed.znn")
        return lambda: worker.ask("encode", model=model, out=out, dtype="float32")
    other = rival(session, session.source())
    out = session.temporary("speed.nnc")
    return lambda: worker.ask("encode", arrays=other.arrays, out=out, qp=other.qp)
