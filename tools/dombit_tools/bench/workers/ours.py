"""Ours: dombit as a worker."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from dombit import api
from dombit.kernels import NUMPY
from dombit.prediction.root import Root
from dombit.streams import root_of
from dombit_tools.bench.workers.serve import contents, forget_peak, peak_mib, serve, timed


def hello() -> dict[str, Any]:
    """Return versions, and the memory that imports alone take."""
    names = ("numpy", "numba")
    found = [dist for name in names for dist in importlib.metadata.distributions(name=name)]
    versions = {dist.metadata["Name"]: dist.version for dist in found}
    return {"versions": {"python": platform.python_version(), **versions}, "peak_mib": peak_mib()}


def encode(
    model: str, out: str, engine: str, rate: dict[str, Any], root: str | None = None
) -> dict[str, Any]:
    """Encode a file to a file, alone or as the difference from another."""
    seconds, report = timed(
        lambda: api.encode(model, out, root=root, engine=engine, force=True, **rate)  # type: ignore[arg-type]
    )
    return {
        **seconds,
        "peak_mib": peak_mib(),  # before the file is read back
        "bytes": report.bytes,
        "bits_per_weight": report.bits_per_weight,
        "snr_db": report.snr_db,
        "sha256": hashlib.sha256(Path(out).read_bytes()).hexdigest(),
    }


def decode(
    stream: str, engine: str, digests: bool, jobs: int | None = None, root: str | None = None
) -> dict[str, Any]:
    """Decode a stream that lies in memory to tensors in memory; its root is held already."""
    data, roots = contents(stream), roots_of(root)
    seconds, decoded = timed(
        lambda: api.decode_stream(
            data,
            check_digests=digests,
            jobs=jobs,
            engine=engine,  # type: ignore[arg-type]
            roots=roots,
        )
    )
    return {**seconds, "model_digest": decoded.model_digest.hex()}


def roots_of(root: str | None) -> list[Root]:
    """Return the root that a path names, opened once."""
    return [_held(root, Path(root).stat().st_mtime_ns)] if root else []


@lru_cache(maxsize=1)
def _held(root: str, _: int) -> Root:
    return root_of(root, (), NUMPY)


def decode_file(
    stream: str, out: str, engine: str, jobs: int, root: str | None = None
) -> dict[str, Any]:
    """Decode a file to a file."""
    roots = [root] if root else []
    seconds, report = timed(
        lambda: api.decode(stream, out, force=True, engine=engine, jobs=jobs, roots=roots)  # type: ignore[call-overload]
    )
    return {
        **seconds,
        "peak_mib": peak_mib(),  # before the file is read back
        "model_digest": report.model_digest,
        "sha256": hashlib.sha256(Path(out).read_bytes()).hexdigest(),
    }


def memory(stream: str, engine: str, root: str) -> dict[str, Any]:
    """Return the MiB that decoding takes above a process that holds stream and root."""
    data, roots = contents(stream), roots_of(root)
    before = forget_peak()
    decoded = api.decode_stream(data, engine=engine, jobs=1, roots=roots)  # type: ignore[arg-type]
    return {"above_mib": peak_mib() - before, "tensors": len(decoded.outputs)}


def arrays(model: str, out: str) -> dict[str, Any]:
    """Write the fp32 tensors of a model to an .npz file, for codecs that take nothing else."""
    tensors = api.decode(api.to_bytes(model))
    floats = {name: array for name, array in tensors.items() if array.dtype == np.float32}
    np.savez(out, **{name.replace("/", "|"): array for name, array in floats.items()})
    return {"weights": sum(array.size for array in floats.values()), "tensors": len(floats)}


if __name__ == "__main__":
    serve(
        {
            "hello": hello,
            "encode": encode,
            "decode": decode,
            "decode_file": decode_file,
            "memory": memory,
            "arrays": arrays,
        }
    )
