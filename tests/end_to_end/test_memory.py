"""Memory: peaks of encoding and decoding in fresh processes, above what the imports take."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dombit.models import safetensors
from dombit.models.arrays import tensors_from_state_dict

MIB = 1 << 20
PROGRAM = """
import sys
import dombit
def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) << 10
{call}
print(peak())
"""
WARM = 'dombit.decode(dombit.to_bytes({"w": __import__("numpy").ones((9, 9))}, engine="numpy"))'


def peak(call: str) -> int:
    """Return the peak of resident bytes of a process that makes one call."""
    path = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(call=call)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a model of 96 MiB: one large tensor, and many of one MiB."""
    random = np.random.default_rng(6)
    tensors = {"large": random.normal(0, 0.02, (1 << 14, 1 << 10)).astype(np.float32)}
    for n in range(32):
        tensors[f"layer.{n}.weight"] = random.normal(0, 0.02, (512, 512)).astype(np.float32)
    path = tmp_path_factory.mktemp("memory") / "model.safetensors"
    given = [
        (each.name, each.dtype, each.shape, lambda each=each: each.data)
        for each in tensors_from_state_dict(tensors)
    ]
    with path.open("wb") as file:
        for chunk in safetensors.write(given):
            file.write(chunk)
    return path


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux' /proc")
@pytest.mark.parametrize("rate", ["", ", snr=18"], ids=["lossless", "lossy"])
def test_peaks_stay_within_their_bounds(model: Path, rate: str) -> None:
    """Encoding takes twice the input and 256 MiB at most, decoding the output and 64 MiB."""
    size, stream = model.stat().st_size, model.with_suffix(f".{len(rate)}.dombit")
    idle = peak(WARM)
    encoding = peak(f"dombit.encode({str(model)!r}, {str(stream)!r}, engine='numpy'{rate})")
    decoding = peak(f"dombit.api.decode_stream({str(stream)!r}, engine='numpy')")
    assert encoding - idle <= 2 * size + 256 * MIB, (encoding - idle) / MIB
    assert decoding - idle <= size + 64 * MIB, (decoding - idle - size) / MIB
