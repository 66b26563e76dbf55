"""Sizes: lossless against ZipNN and zstd, lossy against NNCodec at the same SNR."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from dombit.errors import IoFailure
from dombit_tools.bench.findings import Finding
from dombit_tools.bench.materials import cast, find_model
from dombit_tools.bench.nncodec import Rival, rival
from dombit_tools.bench.session import SNR, Session

LOSSLESS_TARGETS = {"minilm": 0.8160, "minilm-bf16": 0.6600}
LOSSY_TARGETS = {"minilm": 3.25}
DTYPES = {"minilm-bf16": "bfloat16", "minilm-fp16": "float16"}
"""What ZipNN is told; else float32."""


def measure(session: Session) -> Iterator[Finding]:
    """Yield the sizes of all models, lossless and at the SNR."""
    for name in session.settings.models:
        model = find_model(name)
        yield lossless(session, name, model)
        if name == "minilm":
            for kind in ("bf16", "fp16"):
                target = Path(session.temporary(f"minilm-{kind}.safetensors"))
                source = cast(model, target, "BF16" if kind == "bf16" else "F16")
                yield lossless(session, f"{name}-{kind}", source)
        yield lossy(session, name, model)


def lossless(session: Session, name: str, model: Path) -> Finding:
    """Encode without loss, decode, and compare the files."""
    stream, back = session.temporary("model.dombit"), session.temporary(f"back{model.suffix}")
    made = session.ours.ask("encode", model=str(model), out=stream, engine="numpy", rate={})
    decoded = session.ours.ask("decode_file", stream=stream, out=back, engine="numpy", jobs=1)
    size = model.stat().st_size
    equal = decoded["sha256"] == hashlib.sha256(model.read_bytes()).hexdigest()
    ratio = made["bytes"] / size
    peers = lossless_peers(session, name, model)
    shown = [f"{ratio:.4f}{'' if equal else ', NOT THE SAME FILE'}"]
    shown += [f"{peer} {each / size:.4f}" for peer, each in peers.items()]
    bound = LOSSLESS_TARGETS.get(name)
    return Finding(
        figure=f"{name} lossless, of the file",
        value="; ".join(shown),
        target=f"≤ {bound:.4f}, back byte for byte" if bound else "back byte for byte",
        met=equal and (bound is None or ratio <= bound),
        numbers={"bytes": made["bytes"], "file": size, "peers": peers, "equal": equal},
        command=session.command("sizes"),
    )


def lossless_peers(session: Session, name: str, model: Path) -> dict[str, int]:
    """Return the bytes of the lossless peers that take part."""
    worker = session.peers.get("zipnn")
    if worker is None:
        return {}
    out, dtype = session.temporary("model.znn"), DTYPES.get(name, "float32")
    zipped = worker.ask("encode", model=str(model), out=out, dtype=dtype)
    back = worker.ask("decode", model=str(model), stream=out, dtype=dtype)
    if not back["equal"]:
        raise IoFailure(f"ZipNN did not give {name} back")
    return {"ZipNN": zipped["bytes"], "zstd -3": worker.ask("zstd", model=str(model))["bytes"]}


def lossy(session: Session, name: str, model: Path) -> Finding:
    """Encode at the SNR; bits of the whole stream (graph, integers, all) by float weights."""
    stream = session.temporary("model.dombit")
    rate = {"snr": SNR}
    made = session.ours.ask("encode", model=str(model), out=stream, engine="numpy", rate=rate)
    session.ours.ask("decode", stream=stream, engine="numpy", digests=True)
    shown = f"{made['bits_per_weight']:.3f} at {made['snr_db']:.2f} dB"
    numbers = {key: made[key] for key in ("bytes", "bits_per_weight", "snr_db")}
    if "nncodec" in session.peers:
        other = rival(session, model)
        same = same_tensors(session, other)
        shown += f"; its fp32 tensors alone {same:.3f}, NNCodec {other.bits_at_snr:.3f} at {SNR} dB"
        numbers["fp32_bits_per_weight"] = same
        numbers["nncodec"] = {
            "qp": other.qp,
            "bits_per_weight": other.bits_per_weight,
            "snr_db": other.snr_db,
            "bits_at_snr": other.bits_at_snr,
        }
    bound = LOSSY_TARGETS.get(name)
    return Finding(
        figure=f"{name} at {SNR} dB, bit per weight",
        value=shown,
        target=f"≤ {bound}" if bound else "",
        met=made["bits_per_weight"] <= bound if bound else None,
        numbers=numbers,
        command=session.command("sizes"),
    )


def same_tensors(session: Session, other: Rival) -> float:
    """Return our bits per weight of just what NNCodec was given: no graph, no integers.

    Vectors stay exact with us; NNCodec quantises them finely.
    """
    stream, rate = session.temporary("arrays.dombit"), {"snr": SNR}
    made = session.ours.ask("encode", model=other.arrays, out=stream, engine="numpy", rate=rate)
    return float(made["bits_per_weight"])
