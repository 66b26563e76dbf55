"""NumPy archives: tensors written as `.npz`, and read as a dict of arrays."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.errors import BadSource, UsageError
from dombit.models.arrays import to_numpy
from dombit.records import Buffer, Tensor

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Date of every entry: bytes are a function of the tensors alone."""


def write(tensors: Sequence[Tensor], tensor_bytes: Callable[[int], NDArray[np.uint8]]) -> bytes:
    """Return an `.npz` file of the tensors that are not hidden, stored, aliases as copies.

    `tensor_bytes` gives canonical bytes by number. Raises UsageError, naming the tensor, for a
    dtype that NumPy alone does not read back (bf16, fp8, sub-byte, complex32).
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for number, tensor in enumerate(tensors):
            if tensor.hidden:
                continue
            _refuse_foreign(tensor)
            info = zipfile.ZipInfo(f"{tensor.name}.npy", EPOCH)
            with archive.open(info, "w", force_zip64=True) as entry:
                array = to_numpy(tensor, tensor_bytes(number))
                np.lib.format.write_array(entry, array, allow_pickle=False)
    return out.getvalue()


def _refuse_foreign(tensor: Tensor) -> None:
    known = tensor.dtype.numpy is not None and hasattr(np, tensor.dtype.numpy)
    if not known and tensor.dtype.name != "opaque8":
        raise UsageError(
            f"NumPy has no dtype for tensor {tensor.name!r} ({tensor.dtype.name})",
            hint="write .safetensors or .pt instead",
        )


def read(data: Buffer) -> dict[str, NDArray[Any]]:
    """Return the arrays of an `.npz` file by name; raise BadSource for damage or objects."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile) as fault:
        raise BadSource(f"no readable .npz file: {fault}") from fault
