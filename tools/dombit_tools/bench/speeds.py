"""Speeds: decoding in turns with NNCodec, encoding by itself and in turns with the peers."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

from dombit_tools.bench.findings import Finding
from dombit_tools.bench.materials import four_million
from dombit_tools.bench.nncodec import rival
from dombit_tools.bench.processes import Turn, alternate, ratio
from dombit_tools.bench.session import SNR, Session
from dombit_tools.bench.writing import write_safetensors

ENGINES = ("numpy", "numba")
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
    """Decode a lossy stream with each engine, in turns with NNCodec (which has no digests)."""
    stream = session.temporary(f"speed-{model.stem}.dombit")
    ours = session.ours
    made = ours.ask("encode", model=str(model), out=stream, engine="numpy", rate={"snr": SNR})
    turns = [our_turn(session, stream, engine, digests=digests) for engine in ENGINES]
    if "nncodec" not in session.peers:
        times = alternate(turns, session.settings.repeat)
        yield from (alone(session, name, *pair) for pair in zip(ENGINES, times, strict=True))
        return
    other = rival(session, model)
    theirs: Turn = lambda: session.peers["nncodec"].ask("decode", stream=other.stream)  # noqa: E731
    numpy, first, numba, second = alternate(
        [turns[0], theirs, turns[1], theirs], session.settings.repeat
    )
    for engine, mine in (("numpy", numpy), ("numba", numba)):
        times_faster = ratio(mine, [*first, *second])
        yield Finding(
            figure=f"decode, {name}, {engine}, against NNCodec",
            value=f"{times_faster:.1f} x ({milliseconds(mine)} : {milliseconds(first + second)})",
            target=f"≥ {targets[engine]:g} x",
            met=times_faster >= targets[engine],
            numbers={
                "ours": mine,
                "nncodec": first + second,
                "bits_per_weight": [made["bits_per_weight"], other.bits_per_weight],
                "snr_db": [made["snr_db"], other.snr_db],
            },
            command=session.command("speeds"),
        )


def our_turn(session: Session, stream: str, engine: str, *, digests: bool) -> Turn:
    """Return our turn."""
    return lambda: session.ours.ask("decode", stream=stream, engine=engine, digests=digests)


def alone(session: Session, name: str, engine: str, seconds: list[float]) -> Finding:
    """Return our time where no peer takes part."""
    return Finding(
        figure=f"decode, {name}, {engine}",
        value=milliseconds(seconds),
        numbers={"ours": seconds},
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
