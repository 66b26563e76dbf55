"""torch.load: the second opinion on a checkpoint, which alone decides on values (chapter 8)."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.errors import BadSource, MissingExtra
from dombit.models.paths import leaves
from dombit.models.torchrefs import TensorRef

_LINE = 256
"""Bytes that are searched for a line feed at a time."""


class View(io.RawIOBase):
    """A file over a buffer, without a copy of it; a read allocates no more than there is."""

    def __init__(self, data: memoryview) -> None:
        """Start at the first byte."""
        super().__init__()
        self._data = data
        self._at = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, target: Any) -> int:
        """Fill a buffer as far as the data goes, and return the number of bytes."""
        out = memoryview(target).cast("B")
        part = self._data[self._at : self._at + len(out)]
        out[: len(part)] = part
        self._at += len(part)
        return len(part)

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, all of them for a negative size."""
        end = len(self._data) if size < 0 else min(self._at + size, len(self._data))
        part = bytes(self._data[self._at : end])
        self._at += len(part)
        return part

    def readline(self, size: int | None = -1) -> bytes:
        """Return the next bytes up to a line feed, or to the end."""
        start, most = self._at, len(self._data) if size is None or size < 0 else size
        line = bytearray()
        while len(line) < most:
            part = self.read(min(_LINE, most - len(line)))
            line += part[: part.find(b"\n") + 1 or len(part)]
            if not part or line.endswith(b"\n"):
                break
        self._at = start + len(line)
        return bytes(line)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place and return it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._data)}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """Return the place."""
        return self._at


def need_torch() -> Any:
    """Return the torch module, or raise MissingExtra."""
    try:
        import torch
    except ImportError as fault:
        raise MissingExtra(
            "PyTorch checkpoints need torch", hint="pip install dombit[torch]"
        ) from fault
    return torch


def load(data: memoryview) -> Any:
    """Return what `torch.load(weights_only=True)` reads, on the CPU; else raise BadSource.

    Only for a file whose pickle the walk has found to hold no foreign names.
    """
    torch = need_torch()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(View(data), map_location="cpu", weights_only=True)
    except Exception as fault:
        text = (str(fault).splitlines() or [type(fault).__name__])[0]
        raise BadSource(f"torch.load refuses the checkpoint: {text}") from fault


def agrees(
    data: memoryview,
    found: Sequence[tuple[tuple[object, ...], TensorRef]],
    regions: Mapping[str, int],
    most: int,
) -> bool:
    """Return whether torch.load reads these tensors: paths, views and bytes of storages."""
    torch = need_torch()
    loaded = leaves(load(data), lambda node: isinstance(node, torch.Tensor), most)
    if [path for path, _ in loaded] != [path for path, _ in found]:
        return False
    compared: set[tuple[str, int, int]] = set()
    for (_, ref), (_, tensor) in zip(found, loaded, strict=True):
        if not _same_view(ref, tensor):
            return False
        storage = ref.storage
        place = (storage.key, storage.first, storage.length)
        if place not in compared:
            compared.add(place)
            start = regions[storage.key] + storage.first
            own = np.frombuffer(data[start : start + storage.length], np.uint8)
            if not np.array_equal(own, _storage_bytes(tensor)):
                return False
    return True


def _same_view(ref: TensorRef, tensor: Any) -> bool:
    torch = need_torch()
    return bool(
        tensor.layout is torch.strided
        and tensor.device.type == "cpu"
        and str(tensor.dtype) == f"torch.{ref.torch_dtype}"
        and tuple(tensor.shape) == ref.shape
        and tuple(tensor.stride()) == ref.strides
        and tensor.storage_offset() == ref.offset
        and not tensor.is_conj()
        and not tensor.is_neg()
    )


def _storage_bytes(tensor: Any) -> NDArray[np.uint8]:
    """Return all bytes of the storage that a tensor is a view of, without a copy."""
    torch = need_torch()
    flat = torch.empty(0, dtype=torch.uint8).set_(tensor.untyped_storage())
    data: NDArray[np.uint8] = flat.numpy()
    return data
