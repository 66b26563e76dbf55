"""NumPy archives: tensors written as `.npz`, and read as a dict of arrays."""

from __future__ import annotations

import io
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.errors import BadSource, UsageError
from dombit.models.arrays import to_numpy
from dombit.models.zipwrite import EPOCH, Sink, archive
from dombit.records import Buffer, Tensor

DAMAGE = (
    ValueError, TypeError, OSError, EOFError, KeyError, RuntimeError, SyntaxError, struct.error,
    zipfile.BadZipFile, zlib.error, tokenize.TokenError,
)  # fmt: skip
"""What zipfile, zlib and NumPy's parser of headers raise for a damaged or encrypted archive."""


def write(
    tensors: Sequence[Tensor], tensor_bytes: Callable[[int], NDArray[np.uint8]], out: Any
) -> None:
    """Write an `.npz` file of the tensors that are not hidden, stored, aliases as copies.

    `tensor_bytes` gives canonical bytes by number; `out` has write(bytes). Raises UsageError,
    naming the tensor, for a dtype that NumPy alone does not read back (bf16, fp8, sub-byte,
    complex32).
    """
    with archive(Sink(out)) as file:
        for number, tensor in enumerate(tensors):
            if tensor.hidden:
                continue
            _refuse_foreign(tensor)
            info = zipfile.ZipInfo(f"{tensor.name}.npy", EPOCH)
            with file.open(info, "w", force_zip64=True) as entry:
                array = to_numpy(tensor, tensor_bytes(number))
                np.lib.format.write_array(entry, array, allow_pickle=False)


def _refuse_foreign(tensor: Tensor) -> None:
    known = tensor.dtype.numpy is not None and hasattr(np, tensor.dtype.numpy)
    if not known and tensor.dtype.name != "opaque8":
        raise UsageError(
            f"NumPy has no dtype for tensor {tensor.name!r} ({tensor.dtype.name})",
            hint="write .safetensors or .pt instead",
        )


def read(data: Buffer) -> dict[str, NDArray[Any]]:
    """Return the arrays of an `.npz` file by name; raise BadSource for damage or objects."""
    if bytes(memoryview(data)[:2]) != b"PK":
        raise BadSource("no .npz file: not a zip archive")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except DAMAGE as fault:
        raise BadSource(f"no readable .npz file: {fault}") from fault
