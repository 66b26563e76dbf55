"""ZipNN, zstd and pcodec: lossless peers as a worker, in an environment of their own.

`pip install torch numpy zstandard zipnn==0.5.4`; for pairs also `pcodec`. ZipNN
overwrites what it compresses, even `bytes`: it gets a copy. It corrupts the heap where the size is
no multiple of an element's (seen with magika's 3 163 737 bytes as float32): the copy is padded with
zeros.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
from functools import lru_cache
from pathlib import Path
from typing import Any

from dombit_tools.bench import rivals
from dombit_tools.bench.workers.serve import contents, serve, timed

ZSTD_LEVEL = 3
THREADS = 1
ELEMENT = 4
"""Sizes are made multiples of this many bytes."""


def hello() -> dict[str, Any]:
    """Return versions and settings."""
    names = ("zipnn", "zstandard", "torch", "pcodec")
    found = [dist for name in names for dist in importlib.metadata.distributions(name=name)]
    versions = {dist.metadata["Name"]: dist.version for dist in found}
    settings = (
        f"whole file as bytes, padded to 4, bytearray_dtype as the model's, threads={THREADS}"
    )
    return {
        "versions": {"python": platform.python_version(), **versions},
        "settings": f"{settings}; zstd level {ZSTD_LEVEL}",
    }


def encode(model: str, out: str, dtype: str) -> dict[str, Any]:
    """Compress a file's bytes."""
    data = bytearray(contents(model))
    data += bytes(-len(data) % ELEMENT)
    seconds, stream = timed(lambda: coder(dtype).compress(data))
    Path(out).write_bytes(stream)
    return {**seconds, "bytes": len(stream)}


def decode(model: str, stream: str, dtype: str) -> dict[str, Any]:
    """Decompress, and say whether the model came back."""
    data = contents(stream)
    seconds, back = timed(lambda: coder(dtype).decompress(data))
    return {**seconds, "equal": is_back(back, contents(model))}


def is_back(back: Any, data: bytes) -> bool:
    """Whether the bytes came back, but for the padding."""
    return len(back) - len(data) < ELEMENT and bytes(back[: len(data)]) == data


def zstd(model: str) -> dict[str, Any]:
    """Compress a file's bytes with zstd, which knows nothing of floats."""
    compressor = importlib.import_module("zstandard").ZstdCompressor(level=ZSTD_LEVEL)
    seconds, stream = timed(lambda: compressor.compress(contents(model)))
    return {**seconds, "bytes": len(stream)}


def pair(root: str, model: str, dtype: str) -> dict[str, Any]:
    """Compress the difference of two files in every way that is installed here."""
    return {"bytes": rivals.rivals_of(Path(root), Path(model), dtype)}


@lru_cache(maxsize=4)
def coder(dtype: str) -> Any:
    """Return ZipNN for one dtype."""
    return importlib.import_module("zipnn").ZipNN(
        input_format="byte", bytearray_dtype=dtype, threads=THREADS
    )


if __name__ == "__main__":
    serve({"hello": hello, "encode": encode, "decode": decode, "zstd": zstd, "rivals": pair})
