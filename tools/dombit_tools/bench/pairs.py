"""Pairs: the difference of two models that are related, against what others make of it."""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dombit import api, compiled
from dombit_tools.bench import rivals
from dombit_tools.bench.findings import Finding
from dombit_tools.bench.pairings import Pair, Places, pairs_of
from dombit_tools.bench.processes import Turn, Worker, alternate
from dombit_tools.bench.session import Session
from dombit_tools.bench.training import STEPS

XOR, GAP, RAW = "xor + zstd -3", "gap16 + zstd -3", "index32 + value"
TARGETS: dict[str, Mapping[str, float]] = {
    "steps": {XOR: 0.35, GAP: 0.30, RAW: 0.16, "best rival": 0.80, "decode": 0.35},
    "epochs": {"best rival": 0.93},
    "equal": {"bytes": 256},
    "unrelated": {"over alone": 512},
}
"""By kind of pair: at most this share of a rival, of the time to decode the whole model, bytes."""
UNRELATED = 1.002
"""An unrelated root may cost this share of the model without root, and 512 bytes."""
WITHOUT_RIVALS = ("equal", "unrelated")
MARGIN = 64
"""Decoding may take the output, one tensor of the root and so many MiB."""


def measure(session: Session) -> Iterator[Finding]:
    """Yield the figures of all pairs."""
    cache = session.settings.cache
    places = Places(
        folder=session.folder,
        cache=Path(cache) if cache else session.folder,
        steps=session.settings.steps or STEPS,
    )
    for name in session.settings.pairs:
        for pair in pairs_of(name, places):
            yield finding_of(session, pair)


def finding_of(session: Session, pair: Pair) -> Finding:
    """Encode a model alone and beside its root, decode both, and measure the rivals."""
    alone, stream = session.temporary("alone"), session.temporary("dom")
    ours, model, root = session.ours, str(pair.model), str(pair.root)
    whole = ours.ask("encode", model=model, out=alone, engine="auto", rate={})
    made = ours.ask("encode", model=model, out=stream, engine="auto", rate={}, root=root)
    sizes = rivals_of(session, pair)
    numbers: dict[str, Any] = {
        "bytes": made["bytes"],
        "alone": whole["bytes"],
        "file": pair.model.stat().st_size,
        "equal": comes_back(session, pair, stream),
        "encode_seconds": made["seconds"],
        "rivals": sizes,
        **({} if pair.kind == "cast" else changed_elements(pair)),
        **decode_times(session, pair, alone, stream),
        **decode_memory(pair, stream),
    }
    shares = shares_of(pair.kind, numbers)
    bounds = TARGETS.get(pair.kind, {})
    met = [shares[name] <= bound for name, bound in bounds.items() if name in shares]
    return Finding(
        figure=pair.name,
        value=in_words(numbers, shares),
        target="; ".join(
            ["back byte for byte", *(f"{name} ≤ {bound}" for name, bound in bounds.items())]
        ),
        met=numbers["equal"] and all(met),
        numbers={**numbers, "shares": shares},
        command=session.command("pairs"),
    )


def comes_back(session: Session, pair: Pair, stream: str) -> bool:
    """Whether the difference, decoded to a file, is the model byte for byte."""
    back = session.temporary(f"back{pair.model.suffix}")
    asked = {"stream": stream, "out": back, "engine": "auto", "jobs": 1, "root": str(pair.root)}
    digest = session.ours.ask("decode_file", **asked)["sha256"]
    return bool(digest == hashlib.sha256(pair.model.read_bytes()).hexdigest())


def rivals_of(session: Session, pair: Pair) -> dict[str, int]:
    """Return the bytes of the rivals; those of ZipNN's environment, if it takes part."""
    if pair.kind in WITHOUT_RIVALS:
        return {}
    if worker := session.peers.get("zipnn"):
        asked = {"root": str(pair.root), "model": str(pair.model), "dtype": pair.dtype}
        return dict(worker.ask("rivals", **asked)["bytes"])
    return rivals.rivals_of(pair.root, pair.model, pair.dtype)


def changed_elements(pair: Pair) -> dict[str, int]:
    """Return elements, and those that differ from the tensor of the same name, dtype and shape.

    All elements of a tensor that has no such counterpart count as changed.
    """
    old, new = (api.decode(api.to_bytes(path)) for path in (pair.root, pair.model))
    changed = 0
    for name, array in new.items():
        other = old.get(name)
        if other is None or other.dtype != array.dtype or other.shape != array.shape:
            changed += array.size
            continue
        cells = [each.reshape(-1, 1).view(np.uint8) for each in (other, array) if each.size]
        changed += int((cells[0] != cells[1]).any(axis=1).sum()) if cells else 0
    return {"elements": sum(array.size for array in new.values()), "changed": changed}


def decode_times(session: Session, pair: Pair, alone: str, stream: str) -> dict[str, float]:
    """Return the median seconds to decode the model alone, and beside a root that is held."""
    engines = ("numpy", "numba") if compiled.available() else ("numpy",)
    numbers = {}
    for engine in engines:
        shared = {"engine": engine, "digests": False, "jobs": 1}

        def alone_turn(shared: dict[str, Any] = shared) -> dict[str, Any]:
            return session.ours.ask("decode", stream=alone, **shared)

        def stream_turn(shared: dict[str, Any] = shared) -> dict[str, Any]:
            return session.ours.ask("decode", stream=stream, root=str(pair.root), **shared)

        turns: list[Turn] = [alone_turn, stream_turn]
        seconds = [statistics.median(each) for each in alternate(turns, session.settings.repeat)]
        numbers[f"{engine}_alone_seconds"], numbers[f"{engine}_seconds"] = seconds
    return numbers


def decode_memory(pair: Pair, stream: str) -> dict[str, float]:
    """Return the memory of decoding in a new process that holds the root, in MiB."""
    with Worker("ours") as worker:
        asked = {"stream": stream, "root": str(pair.root), "engine": "numpy"}
        return {"decode_mib": worker.ask("memory", **asked)["above_mib"]}


def shares_of(kind: str, numbers: dict[str, Any]) -> dict[str, float]:
    """Return our bytes by those of each rival, and what else has a target."""
    sizes: dict[str, int] = numbers["rivals"]
    ours = numbers["bytes"]
    shares = {name: ours / size for name, size in sizes.items() if size}
    if sizes:
        shares["best rival"] = ours / min(sizes.values())
    if kind == "equal":
        shares["bytes"] = ours
    if kind == "unrelated":
        shares["over alone"] = ours - UNRELATED * numbers["alone"]
    for engine in ("numpy", "numba"):
        if (whole := numbers.get(f"{engine}_alone_seconds")) is not None:
            shares[f"decode, {engine}"] = numbers[f"{engine}_seconds"] / whole
    shares["decode"] = shares["decode, numpy"]
    return shares


def in_words(numbers: dict[str, Any], shares: dict[str, float]) -> str:
    """Return the figures of a pair for people."""
    shown = [f"{numbers['bytes']:,} B, alone {numbers['alone']:,}"]
    if not numbers["equal"]:
        shown.append("NOT THE SAME FILE")
    if 0 < (changed := numbers.get("changed", 0)) < numbers.get("elements", 0):
        share = changed / numbers["elements"]
        shown.append(f"{share:.2%} changed, {8 * numbers['bytes'] / changed:.2f} bit each")
    if sizes := numbers["rivals"]:
        best = min(sizes, key=lambda name: sizes[name])
        shown.append(f"best rival {best} {sizes[best]:,} ({shares['best rival']:.3f})")
    for engine in ("numpy", "numba"):
        if f"decode, {engine}" in shares:
            seconds = 1000 * numbers[f"{engine}_seconds"]
            share = shares[f"decode, {engine}"]
            shown.append(f"decode {engine} {seconds:.0f} ms ({share:.2f} of alone)")
    shown.append(f"{numbers['decode_mib']:.0f} MiB")
    return "; ".join(shown)
