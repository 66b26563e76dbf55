"""ZipNN (and zstd): lossless peers as a worker, in an environment of their own.

`pip install torch numpy zstandard zipnn==0.5.4`. ZipNN overwrites what it compresses, even
`bytes`: it gets a copy.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
from functools import lru_cache
from pathlib import Path
from typing import Any

from dombit_tools.bench.workers.serve import serve, timed

ZSTD_LEVEL = 3
THREADS = 1


def hello() -> dict[str, Any]:
    """Return versions and settings."""
    names = ("zipnn", "zstandard", "torch")
    found = [dist for name in names for dist in importlib.metadata.distributions(name=name)]
    versions = {dist.metadata["Name"]: dist.version for dist in found}
    settings = f"whole file as bytes, bytearray_dtype as the model's, threads={THREADS}"
    return {
        "versions": {"python": platform.python_version(), **versions},
        "settings": f"{settings}; zstd level {ZSTD_LEVEL}",
    }


def encode(model: str, out: str, dtype: str) -> dict[str, Any]:
    """Compress a file's bytes."""
    data = bytearray(contents(model))
    seconds, stream = timed(lambda: coder(dtype).compress(data))
    Path(out).write_bytes(stream)
    return {**seconds, "bytes": len(stream)}


def decode(model: str, stream: str, dtype: str) -> dict[str, Any]:
    """Decompress, and say whether the model came back."""
    data = contents(stream)
    seconds, back = timed(lambda: coder(dtype).decompress(data))
    return {**seconds, "equal": bytes(back) == contents(model)}


def zstd(model: str) -> dict[str, Any]:
    """Compress a file's bytes with zstd, which knows nothing of floats."""
    compressor = importlib.import_module("zstandard").ZstdCompressor(level=ZSTD_LEVEL)
    seconds, stream = timed(lambda: compressor.compress(contents(model)))
    return {**seconds, "bytes": len(stream)}


@lru_cache(maxsize=4)
def coder(dtype: str) -> Any:
    """Return ZipNN for one dtype."""
    return importlib.import_module("zipnn").ZipNN(
        input_format="byte", bytearray_dtype=dtype, threads=THREADS
    )


@lru_cache(maxsize=4)
def contents(path: str) -> bytes:
    """Return a file's bytes, read once."""
    return Path(path).read_bytes()


if __name__ == "__main__":
    serve({"hello": hello, "encode": encode, "decode": decode, "zstd": zstd})
