"""NNCodec: the reference software of ISO/IEC 15938-17 as a worker, in an environment of its own.

`pip install torch 'numpy<2' scipy pandas h5py scikit-learn click tqdm`, then
`pip install --no-deps nncodec==2.1.3`; torchvision and OpenCV are replaced by stubs here.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.metadata
import math
import platform
import sys
import types
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit_tools.bench.workers.serve import contents, serve, timed

STUBS = ("torchvision", "cv2", "wandb")
"""Imported by nncodec for training on images; nothing of them is used here."""
DENSITY = 5
"""`qp_density`: 32 steps an octave, 0.19 dB apart; its default, 2, gives 1.5 dB."""
NONWEIGHT_QP = -75 << (DENSITY - 2)
"""Default step of vectors (biases, norms), in this density."""


class Stub(types.ModuleType):
    """A module in which every name is there."""

    def __getattr__(self, name: str) -> Stub:
        """Return a stub for a name, but not for what the interpreter asks."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Stub(name)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        """Be a base class."""
        return (object,)

    def __call__(self, *_: Any, **__: Any) -> None:
        """Be a function."""


class StubFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds stubs for packages that are not installed here."""

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the interpreter's signature
        target: types.ModuleType | None = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        """Return a stub's spec."""
        if name.partition(".")[0] not in STUBS:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """Return the stub."""
        stub = Stub(spec.name)
        stub.__path__ = []
        return stub

    def exec_module(self, module: types.ModuleType) -> None:
        """Do nothing."""


@lru_cache(maxsize=1)
def codec() -> Any:
    """Import nncodec."""
    sys.meta_path.append(StubFinder())
    return importlib.import_module("nncodec.nnc")


def hello() -> dict[str, Any]:
    """Return versions and settings."""
    codec()
    names = ("nncodec", "numpy", "torch")
    versions = {name: importlib.metadata.version(name) for name in names}
    settings = f"use_dq, param_opt, row_skipping, qp_density {DENSITY}, nonweight_qp {NONWEIGHT_QP}"
    return {
        "versions": {"python": platform.python_version(), **versions},
        "settings": settings,
        "octave": 1 << DENSITY,
    }


def encode(arrays: str, out: str, qp: int) -> dict[str, Any]:
    """Encode with dependent quantisation (its trellis); SNR over what is no vector."""
    tensors = load(arrays)
    seconds, stream = timed(
        lambda: codec().compress(
            tensors,
            bitstream_path=out,
            qp=qp,
            qp_density=DENSITY,
            nonweight_qp=NONWEIGHT_QP,
            use_dq=True,
            row_skipping=True,
            return_bitstream=True,
        )
    )
    weights = sum(array.size for array in tensors.values())
    return {
        **seconds,
        "bytes": len(stream),
        "bits_per_weight": 8 * len(stream) / weights,
        "snr_db": snr_db(tensors, codec().decompress(bytearray(stream))),
    }


def decode(stream: str) -> dict[str, Any]:
    """Decode a stream that lies in memory to tensors in memory."""
    data = bytearray(contents(stream))
    seconds, _ = timed(lambda: codec().decompress(data))
    return seconds


def first_qp(arrays: str, snr: float) -> dict[str, Any]:
    """Return a guess of the step parameter for an SNR: a third of an octave below the uniform's."""
    tensors = [array for array in load(arrays).values() if array.ndim > 1]
    power = sum(square_sum(array) for array in tensors) / sum(array.size for array in tensors)
    step = math.sqrt(12 * power / 10 ** (snr / 10))
    return {"qp": round((math.log2(step) - 0.35) * (1 << DENSITY))}


def snr_db(tensors: dict[str, NDArray[Any]], decoded: dict[str, NDArray[Any]]) -> float:
    """Return the SNR over the tensors that are no vectors."""
    names = [name for name, array in tensors.items() if array.ndim > 1]
    signal = sum(square_sum(tensors[name]) for name in names)
    return 10 * math.log10(
        signal / sum(square_sum(tensors[name] - decoded[name]) for name in names)
    )


def square_sum(array: NDArray[Any]) -> float:
    """Return the sum of squares, in fp64."""
    return float(np.square(array, dtype=np.float64).sum())


@lru_cache(maxsize=2)
def load(path: str) -> dict[str, NDArray[Any]]:
    """Return the tensors of an .npz file, read once; without scalars, which it cannot take."""
    with np.load(path) as file:
        return {name: file[name] for name in file.files if file[name].size and file[name].ndim}


if __name__ == "__main__":
    serve({"hello": hello, "encode": encode, "decode": decode, "first_qp": first_qp})
