"""State dicts: tensors written as a PyTorch checkpoint, without PyTorch (chapter 8, annex)."""

# The pickle is put together from opcodes of protocol 2 that name the same functions as
# torch.save's do; the bytes of each storage follow as they are, none is copied.

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.dtypes import elements
from dombit.models.arrays import TORCH_OF, widened
from dombit.models.torchnames import REBUILDERS, STORAGES, UNTYPED
from dombit.models.zipwrite import Sink, archive, write_aligned
from dombit.records import Tensor

TensorBytes = Callable[[int], NDArray[np.uint8]]
"""Canonical bytes of a tensor by number; flat."""

FOLDER = "archive"
PIECE = 1 << 18
"""Elements narrower than a byte that are widened at a time."""
STORAGE_OF = {dtype: storage for storage, dtype in STORAGES.items()}


def write(tensors: Sequence[Tensor], tensor_bytes: TensorBytes, out: Any) -> None:
    """Write a `.pt` file: a flat state dict, in the tensors' order, aliases tied as they were.

    `tensor_bytes` gives canonical bytes by number; `out` has write(bytes). Hidden tensors are
    storages of their aliases only. Elements narrower than a byte take one each, as int8 or uint8.
    """
    sink = Sink(out)
    with archive(sink) as file:

        def entry(name: str, size: int, pieces: Any) -> None:
            write_aligned(file, sink, f"{FOLDER}/{name}", size, pieces)

        for name, content in (("data.pkl", pickle_of(tensors)), ("byteorder", b"little")):
            entry(name, len(content), [content])
        for number, tensor in enumerate(tensors):
            if tensor.alias is None:
                size = elements(tensor.shape) * _width(tensor)
                entry(f"data/{number}", size, _content(tensor, tensor_bytes(number)))
        entry("version", 2, [b"3\n"])


def _width(tensor: Tensor) -> int:
    """Return the bytes of an element in the file."""
    return max(1, tensor.dtype.bits // 8)


def _content(tensor: Tensor, data: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Yield the bytes of a storage."""
    bits, count = tensor.dtype.bits, elements(tensor.shape)
    if bits >= 8:
        yield data
        return
    for first in range(0, count, PIECE):
        part = data[first * bits // 8 : (first + PIECE) * bits // 8]
        yield widened(tensor.dtype, part, min(PIECE, count - first))


# ------------------------------------------------------------------------------------- the pickle


def pickle_of(tensors: Sequence[Tensor]) -> bytes:
    """Return the pickle of a dict of the tensors that are not hidden."""
    items = [
        _text(tensor.name) + _tensor(tensors, number, tensor)
        for number, tensor in enumerate(tensors)
        if not tensor.hidden
    ]
    return b"".join((b"\x80\x02}(", *items, b"u."))


def _tensor(tensors: Sequence[Tensor], number: int, tensor: Tensor) -> bytes:
    """Return the call that makes a tensor of a storage: a typed one where there is a type."""
    alias = tensor.alias
    target = number if alias is None else alias.target
    dtype, count = TORCH_OF[tensor.dtype.name], elements(tensors[target].shape)
    typed = STORAGE_OF.get(dtype)
    storage = _global("torch", typed) if typed else _global("torch.storage", UNTYPED)
    size = count if typed else count * _width(tensor)
    place = (_text("storage"), storage, _text(str(target)), _text("cpu"), _integer(size))
    strides = _contiguous(tensor.shape) if alias is None or alias.strides is None else alias.strides
    arguments = [
        _tuple(*place) + b"Q",
        _integer(0 if alias is None else alias.offset),
        _tuple(*map(_integer, tensor.shape)),
        _tuple(*map(_integer, strides)),
        b"\x89",  # no gradient
        _global("collections", "OrderedDict") + b")R",  # no hooks
    ]
    if not typed:
        arguments.append(_global("torch", dtype))
    rebuild = "_rebuild_tensor_v2" if typed else "_rebuild_tensor_v3"
    return _global(REBUILDERS, rebuild) + _tuple(*arguments) + b"R"


def _contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides = []
    step = 1
    for dim in reversed(shape):
        strides.append(step)
        step *= max(dim, 1)
    return tuple(reversed(strides))


def _global(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def _tuple(*items: bytes) -> bytes:
    return b"(" + b"".join(items) + b"t"


def _text(text: str) -> bytes:
    data = text.encode()
    return b"X" + len(data).to_bytes(4, "little") + data


def _integer(value: int) -> bytes:
    """Return an integer that is not negative: four bytes, or as many as it needs."""
    if value < 1 << 31:
        return b"J" + value.to_bytes(4, "little")
    data = value.to_bytes(value.bit_length() // 8 + 1, "little")
    return b"\x8a" + bytes([len(data)]) + data
