"""Ours: dombit as a worker."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from pathlib import Path
from typing import Any

import numpy as np

from dombit import api
from dombit_tools.bench.workers.serve import contents, peak_mib, serve, timed


def hello() -> dict[str, Any]:
    """Return versions, and the memory that imports alone take."""
    names = ("numpy", "numba")
    found = [dist for name in names for dist in importlib.metadata.distributions(name=name)]
    versions = {dist.metadata["Name"]: dist.version for dist in found}
    return {"versions": {"python": platform.python_version(), **versions}, "peak_mib": peak_mib()}


def encode(model: str, out: str, engine: str, rate: dict[str, Any]) -> dict[str, Any]:
    """Encode a file to a file."""
    seconds, report = timed(
        lambda: api.encode(model, out, engine=engine, force=True, **rate)  # type: ignore[arg-type]
    )
    return {
        **seconds,
        "peak_mib": peak_mib(),  # before the file is read back
        "bytes": report.bytes,
        "bits_per_weight": report.bits_per_weight,
        "snr_db": report.snr_db,
        "sha256": hashlib.sha256(Path(out).read_bytes()).hexdigest(),
    }


def decode(stream: str, engine: str, digests: bool, jobs: int | None = None) -> dict[str, Any]:
    """Decode a stream that lies in memory to tensors in memory."""
    data = contents(stream)
    seconds, decoded = timed(
        lambda: api.decode_stream(
            data,
            check_digests=digests,
            jobs=jobs,
            engine=engine,  # type: ignore[arg-type]
        )
    )
    return {**seconds, "model_digest": decoded.model_digest.hex()}


def decode_file(stream: str, out: str, engine: str, jobs: int) -> dict[str, Any]:
    """Decode a file to a file."""
    seconds, report = timed(
        lambda: api.decode(stream, out, force=True, engine=engine, jobs=jobs)  # type: ignore[call-overload]
    )
    return {
        **seconds,
        "peak_mib": peak_mib(),  # before the file is read back
        "model_digest": report.model_digest,
        "sha256": hashlib.sha256(Path(out).read_bytes()).hexdigest(),
    }


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
            "arrays": arrays,
        }
    )
