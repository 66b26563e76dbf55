"""Pairings: pairs of related models: releases, variants, checkpoints, casts, and made ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dombit_tools.bench import training
from dombit_tools.bench.materials import cast, find_model, find_other
from dombit_tools.bench.writing import Entry, write_safetensors

SHARE = 0.01
"""Of the rows of an embedding, those that are updated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two models."""

    name: str
    kind: str
    """steps, epochs, equal, unrelated, or another word without targets."""
    root: Path
    model: Path
    dtype: str = ""
    """bfloat16 or float32, if both files have one layout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where made models go."""

    folder: Path
    """Goes when the session ends."""
    cache: Path
    """May stay: what was trained is not trained again."""
    steps: int = training.STEPS
    """Of AdamW on MiniLM; the last two are a pair."""


def silero(places: Places) -> Iterator[Pair]:
    """Yield silero-vad's variants: 16 kHz alone, another opset, without `If`, half precision."""
    del places
    model = find_model("silero")
    for variant in ("16k_op15", "op18_ifless", "16k_sequence", "half"):
        other = find_other("silero_vad", f"data/silero_vad_{variant}.onnx")
        yield Pair(name=f"silero, its {variant}", kind="variant", root=model, model=other)
    yield Pair(name="silero, itself", kind="equal", root=model, model=model)


def magika(places: Places) -> Iterator[Pair]:
    """Yield the models of magika 0.6.1 and 1.0.3."""
    del places
    older = find_other("magika", "models/standard_v3_2/model.onnx")
    model = find_model("magika")
    layout = "float32" if older.stat().st_size == model.stat().st_size else ""
    yield Pair(name="magika 0.6.1, 1.0.3", kind="release", root=older, model=model, dtype=layout)


def cnn(places: Places) -> Iterator[Pair]:
    """Yield checkpoints of a CNN on digits: a few steps apart, and an epoch apart."""
    table = find_other("sklearn", "datasets/data/digits.csv.gz")
    for optimiser in ("SGD", "Adam"):
        for dtype, word in (("F32", "float32"), ("BF16", "bfloat16")):
            snapshots = training.cnn_checkpoints(table, places.cache, optimiser, dtype)
            for apart, other in (
                (f"{training.FEW} steps", snapshots[1]),
                ("an epoch", snapshots[2]),
            ):
                name = f"CNN, {optimiser}, {apart} apart, {dtype}"
                yield Pair(name=name, kind="epochs", root=snapshots[0], model=other, dtype=word)


def steps(places: Places) -> Iterator[Pair]:
    """Yield two steps of AdamW on MiniLM, in BF16."""
    first, second = training.minilm_steps(find_model("minilm"), places.cache, places.steps)
    name = f"MiniLM, a step of AdamW at {training.RATE}, BF16"
    yield Pair(name=name, kind="steps", root=first, model=second, dtype="bfloat16")


def minilm(places: Places) -> Iterator[Pair]:
    """Yield what is made from MiniLM."""
    yield from made("MiniLM", find_model("minilm"), places)


def made(name: str, model: Path, places: Places) -> Iterator[Pair]:
    """Yield pairs of an fp32 safetensors file and files that are made from it."""
    folder = places.folder
    half = cast(model, folder / "half.safetensors", "BF16")
    yield Pair(name=f"{name}, its BF16 cast", kind="cast", root=model, model=half)
    yield Pair(name=f"{name}, itself", kind="equal", root=model, model=model)
    for word, change in (("permuted", permuted), ("unrelated", unrelated)):
        other = rewritten(model, folder / f"{word}.safetensors", change)
        yield Pair(name=f"{name}, {word}", kind="unrelated", root=other, model=model)
    update = rewritten(model, folder / "rows.safetensors", rows_of(largest(model)))
    title = f"{name}, {SHARE:.0%} of the rows of an embedding"
    yield Pair(name=title, kind="rows", root=model, model=update, dtype="float32")


FAMILIES: dict[str, Callable[[Places], Iterator[Pair]]] = {
    "silero": silero,
    "magika": magika,
    "cnn": cnn,
    "steps": steps,
    "minilm": minilm,
}


def pairs_of(name: str, places: Places) -> Iterator[Pair]:
    """Yield the pairs of a family, or those that are made from a safetensors file."""
    if name in FAMILIES:
        return FAMILIES[name](places)
    return made(name, Path(name), places)


# ---------------------------------------------------------------------------------- made models


Change = Callable[[np.random.Generator, str, NDArray[np.float32]], NDArray[np.float32]]
"""Returns other weights in the place of a tensor's."""


def rewritten(source: Path, target: Path, change: Change) -> Path:
    """Write a safetensors file again, its fp32 tensors changed."""
    random = np.random.default_rng(8)
    tensors: dict[str, Entry] = {}
    for name, dtype, shape, content in tensors_of(source):
        tensors[name] = (dtype, shape, content)
        if dtype == "F32":
            weights = np.frombuffer(content, "<f4").astype(np.float32).reshape(shape)
            other = change(random, name, weights).astype("<f4").tobytes()
            tensors[name] = (dtype, shape, other)
    write_safetensors(target, tensors)
    return target


def permuted(
    random: np.random.Generator, name: str, weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the weights of a tensor in another order."""
    del name
    return random.permutation(weights.reshape(-1))


def unrelated(
    random: np.random.Generator, name: str, weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return other weights of the same spread."""
    del name
    return random.normal(0, float(weights.std()) + 1e-3, weights.size).astype(np.float32)


def rows_of(updated: str) -> Change:
    """Return a change of some rows of one tensor, by a hundredth of its spread."""

    def change(
        random: np.random.Generator, name: str, weights: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        if name != updated:
            return weights
        rows = random.permutation(len(weights))[: max(1, round(SHARE * len(weights)))]
        noise = random.normal(0, float(weights.std()) / 100, (rows.size, *weights.shape[1:]))
        weights[rows] += noise.astype(np.float32)
        return weights

    return change


def largest(source: Path) -> str:
    """Return the name of the largest fp32 tensor."""
    sizes = {name: len(content) for name, dtype, _, content in tensors_of(source) if dtype == "F32"}
    return max(sizes, key=lambda name: sizes[name])


def tensors_of(source: Path) -> Iterator[tuple[str, str, list[int], bytes]]:
    """Yield name, dtype, shape and bytes of the tensors of a safetensors file."""
    data = source.read_bytes()
    size = int.from_bytes(data[:8], "little")
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if name != "__metadata__":
            start, stop = entry["data_offsets"]
            content = data[8 + size + start : 8 + size + stop]
            yield name, entry["dtype"], entry["shape"], content
