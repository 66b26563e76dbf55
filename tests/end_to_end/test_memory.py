"""Memory: peaks of encoding and decoding in fresh processes, above a process that did a little."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import dombit

MIB = 1 << 20
PROGRAM = """
import numpy as np
import dombit
def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) << 10
small = {{"w": np.random.default_rng(0).normal(0, 1, (300, 300)).astype(np.float32)}}
dombit.decode(dombit.to_bytes(small, engine={engine!r}{rate}), engine={engine!r})
idle = peak()
{call}
print(peak() - idle)
"""
RATES = {"lossless": "", "lossy": ", snr=18"}
pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux' /proc")


def growth(call: str, engine: str, rate: str) -> int:
    """Return by how much a call raises the peak of resident bytes of a process.

    The process has run the same engine once on a small model, so that imports and compiled
    loops are in already.
    """
    path = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(call=call, engine=engine, rate=rate)],
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
    folder = tmp_path_factory.mktemp("memory")
    dombit.save_file(tensors, folder / "made.dombit")
    dombit.decode(folder / "made.dombit", folder / "model.safetensors")
    return folder / "model.safetensors"


@pytest.mark.parametrize("rate", RATES)
def test_encoding_takes_twice_the_input_at_most(model: Path, rate: str, tmp_path: Path) -> None:
    """Twice the input and 256 MiB."""
    call = f"dombit.encode({str(model)!r}, {str(tmp_path / 'x')!r}, engine='numpy'{RATES[rate]})"
    taken = growth(call, "numpy", RATES[rate])
    assert taken <= 2 * model.stat().st_size + 256 * MIB, taken / MIB


@pytest.mark.parametrize("engine", ["numpy", "numba"])
@pytest.mark.parametrize("rate", RATES)
def test_decoding_takes_little_more_than_the_output(
    model: Path, rate: str, engine: str, tmp_path: Path
) -> None:
    """The output and 64 MiB, with as many threads as a large machine has."""
    if engine == "numba":
        pytest.importorskip("numba")
    stream = tmp_path / "x.dombit"
    dombit.encode(model, stream, **({"snr": 18} if RATES[rate] else {}))
    call = f"dombit.api.decode_stream({str(stream)!r}, engine={engine!r}, jobs=8)"
    taken = growth(call, engine, RATES[rate]) - model.stat().st_size
    assert taken <= 64 * MIB, taken / MIB


@pytest.mark.parametrize("suffix", [".pt", ".npz", ".safetensors"])
def test_other_containers_take_no_more(model: Path, suffix: str, tmp_path: Path) -> None:
    """A model that is written as what it was not takes the output and 64 MiB as well."""
    stream = tmp_path / "x.dombit"
    arrays = dombit.load_file(dombit.to_bytes(model))
    dombit.encode(arrays, stream)
    del arrays
    call = f"dombit.decode({str(stream)!r}, {str(tmp_path / ('x' + suffix))!r}, engine='numpy')"
    taken = growth(call, "numpy", "") - model.stat().st_size
    assert taken <= 64 * MIB, taken / MIB
