"""Training: consecutive snapshots of models that are being trained, with torch.

Snapshots are kept in a folder and made once: their names say how they came to be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from dombit_tools.bench.materials import round_to
from dombit_tools.bench.writing import Entry, safetensors_bytes

STEPS, RATE = 12, 1e-6
"""Steps of AdamW on MiniLM if nobody says how many, and their learning rate."""
BATCH, LENGTH = 8, 64
HEADS, MASK, FIRST = 12, 103, 1000
"""Heads of MiniLM; its token [MASK]; the first token that is a word."""
EPOCHS, FEW, IMAGES = 4, 4, 64
"""Epochs of the CNN, a few steps, and the images of a step."""
MOMENTS = ("epoch", "steps-later", "epoch-later")
"""Snapshots of the CNN: before its last epoch, a few steps into it, behind it."""
Snapshot = dict[str, NDArray[np.float32]]


# --------------------------------------------------------------------------------------- MiniLM


def minilm_steps(source: Path, folder: Path, steps: int = STEPS) -> tuple[Path, Path]:
    """Train MiniLM (fp32 master) on masked words; return its last two steps, cast to BF16."""
    names = [f"minilm-adamw-{RATE}-step-{step}.safetensors" for step in (steps - 1, steps)]
    first, second = kept(folder, names, lambda: _trained_minilm(source, steps))
    return first, second


def _trained_minilm(source: Path, steps: int) -> Iterator[bytes]:
    """Yield the files of the last two steps."""
    import torch

    torch.manual_seed(1)
    weights = {name: torch.nn.Parameter(value) for name, value in floats(source).items()}
    optimiser = torch.optim.AdamW(weights.values(), lr=RATE)
    tokens = torch.tensor(words_of_packages(steps * BATCH * LENGTH)).reshape(steps, BATCH, LENGTH)
    for step in range(steps):
        hidden = torch.rand(BATCH, LENGTH) < 0.15
        found = encoder(weights, torch.where(hidden, MASK, tokens[step]))
        scores = found[hidden] @ weights["embeddings.word_embeddings.weight"].T
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(scores, tokens[step][hidden]).backward()
        optimiser.step()
        if step >= steps - 2:
            values = {name: value.detach().numpy() for name, value in weights.items()}
            yield as_file(values, "BF16")


def floats(source: Path) -> dict[str, Any]:
    """Return the fp32 tensors of a safetensors file, as torch has them."""
    import torch

    data = source.read_bytes()
    size = int.from_bytes(data[:8], "little")
    out = {}
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if entry.get("dtype") == "F32":
            start, stop = entry["data_offsets"]
            array = np.frombuffer(data[8 + size + start : 8 + size + stop], "<f4").copy()
            out[name] = torch.from_numpy(array.reshape(entry["shape"]))
    return out


def words_of_packages(count: int) -> list[int]:
    """Return words of installed packages' descriptions and licences, hashed to BERT's tokens."""
    out: list[int] = []
    for package in sorted(metadata.distributions(), key=lambda each: each.name or ""):
        for file in package.files or ():
            if re.search(r"METADATA$|LICEN[CS]E", file.name):
                path = Path(str(package.locate_file(file)))
                text = path.read_text("utf-8", "replace") if path.is_file() else ""
                out += [FIRST + crc32(word.encode()) % 29000 for word in text.lower().split()]
        if len(out) >= count:
            break
    return (out * (count // len(out) + 1))[:count]


def encoder(weights: dict[str, Any], tokens: Any) -> Any:
    """Return the last hidden states of BERT: [batch, length, width]."""
    length = tokens.shape[1]
    total = weights["embeddings.word_embeddings.weight"][tokens]
    total = total + weights["embeddings.position_embeddings.weight"][:length]
    total = total + weights["embeddings.token_type_embeddings.weight"][0]
    found = norm(weights, "embeddings.LayerNorm", total)
    layers = len({name for name in weights if name.endswith("self.query.weight")})
    for place in range(layers):
        found = block(weights, f"encoder.layer.{place}.", found)
    return found


def block(weights: dict[str, Any], layer: str, found: Any) -> Any:
    """Return what a layer makes of its input: attention, then two dense ones; norms behind."""
    from torch.nn.functional import gelu, scaled_dot_product_attention

    batch, length, width = found.shape
    query, key, value = (
        dense(weights, f"{layer}attention.self.{part}", found)
        .reshape(batch, length, HEADS, width // HEADS)
        .transpose(1, 2)
        for part in ("query", "key", "value")
    )
    seen = scaled_dot_product_attention(query, key, value).transpose(1, 2)
    seen = dense(weights, f"{layer}attention.output.dense", seen.reshape(found.shape))
    found = norm(weights, f"{layer}attention.output.LayerNorm", found + seen)
    wide = gelu(dense(weights, f"{layer}intermediate.dense", found))
    back = dense(weights, f"{layer}output.dense", wide)
    return norm(weights, f"{layer}output.LayerNorm", found + back)


def dense(weights: dict[str, Any], name: str, found: Any) -> Any:
    """Return a linear layer's output."""
    return found @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def norm(weights: dict[str, Any], name: str, found: Any) -> Any:
    """Return what layer normalisation makes of its input."""
    from torch.nn.functional import layer_norm

    width = found.shape[-1:]
    return layer_norm(found, width, weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-12)


# ------------------------------------------------------------------------------------------ CNN


def cnn_checkpoints(table: Path, folder: Path, name: str, dtype: str) -> list[Path]:
    """Train a CNN on handwritten digits with SGD or Adam; return its snapshots (MOMENTS)."""
    names = [f"cnn-{name}-{dtype}-{moment}.safetensors" for moment in MOMENTS]
    return kept(folder, names, lambda: _trained_cnn(table, name, dtype))


def _trained_cnn(table: Path, name: str, dtype: str) -> Iterator[bytes]:
    import torch

    torch.manual_seed(2)
    model = small_cnn()
    optimisers: dict[str, Callable[[], Any]] = {
        "SGD": lambda: torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9),
        "Adam": lambda: torch.optim.Adam(model.parameters(), lr=1e-3),
    }
    optimiser = optimisers[name]()
    images, labels = digits(table)
    for epoch in range(EPOCHS):
        batches = torch.randperm(len(labels)).split(IMAGES)
        for step, some in enumerate(batches):
            if epoch == EPOCHS - 1 and step in (0, FEW):
                yield as_file(state_of(model), dtype)
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(model(images[some]), labels[some]).backward()
            optimiser.step()
    yield as_file(state_of(model), dtype)


def small_cnn() -> Any:
    """Return a CNN of 147 thousand weights."""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(512, 256),
        nn.ReLU(),
        nn.Linear(256, 10),
    )


def state_of(model: Any) -> Snapshot:
    """Return the weights of a module."""
    return {key: value.numpy() for key, value in model.state_dict().items()}


def digits(table: Path) -> tuple[Any, Any]:
    """Return scikit-learn's 1797 digits: images [n, 1, 8, 8] from 0 to 1, and labels [n]."""
    import torch

    rows = np.loadtxt(table, np.float32, delimiter=",")
    images = torch.from_numpy(rows[:, :-1].reshape(-1, 1, 8, 8) / 16)
    return images, torch.from_numpy(rows[:, -1].astype(np.int64))


# ------------------------------------------------------------------------------------- snapshots


def kept(folder: Path, names: Sequence[str], train: Callable[[], Iterator[bytes]]) -> list[Path]:
    """Return files of a folder, trained if any is not there; a training that ends early is none."""
    paths = [folder / name for name in names]
    if not all(path.is_file() for path in paths):
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in zip(paths, list(train()), strict=True):
            part = path.with_suffix(".part")
            part.write_bytes(content)
            part.replace(path)
    return paths


def as_file(values: Snapshot, dtype: str) -> bytes:
    """Return a snapshot as a safetensors file of BF16 or F32."""
    entries: dict[str, Entry] = {}
    for name, value in values.items():
        content = round_to(value, dtype) if dtype == "BF16" else value.astype("<f4").tobytes()
        entries[name] = (dtype, list(value.shape), content)
    return safetensors_bytes(entries)
