"""State dicts: tensors written as a PyTorch checkpoint (chapter 8, annex)."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.models.arrays import to_torch
from dombit.models.torchload import need_torch
from dombit.records import Tensor


class _Sink(io.RawIOBase):
    """A file for torch.save, whose C++ part must see no exception: the first one is kept."""

    def __init__(self, out: Any) -> None:
        super().__init__()
        self._out = out
        self.failure: BaseException | None = None

    def write(self, data: Any) -> int:
        """Pass bytes on, unless that failed once."""
        if self.failure is None:
            try:
                self._out.write(data)
            except BaseException as failure:
                self.failure = failure
        return memoryview(data).nbytes


def write(
    tensors: Sequence[Tensor], tensor_bytes: Callable[[int], NDArray[np.uint8]], out: Any
) -> None:
    """Write a `.pt` file: a flat state dict, in the tensors' order, aliases tied as they were.

    `tensor_bytes` gives canonical bytes by number; `out` has write(bytes). Hidden tensors are
    storages of their aliases only. Raises MissingExtra without torch.
    """
    torch = need_torch()
    sink = _Sink(out)
    torch.save(state_dict(tensors, tensor_bytes), sink)
    if sink.failure is not None:
        raise sink.failure


def state_dict(
    tensors: Sequence[Tensor], tensor_bytes: Callable[[int], NDArray[np.uint8]]
) -> dict[str, Any]:
    """Return the tensors that are not hidden as torch tensors, aliases as views, by name."""
    own = {
        number: to_torch(tensor, tensor_bytes(number))
        for number, tensor in enumerate(tensors)
        if tensor.alias is None
    }
    return {
        tensor.name: own[number] if tensor.alias is None else _view(own, tensor)
        for number, tensor in enumerate(tensors)
        if not tensor.hidden
    }


def _view(own: dict[int, Any], tensor: Tensor) -> Any:
    alias = tensor.alias
    if alias is None:
        raise TypeError("only aliases are views")
    strides = alias.strides if alias.strides is not None else _contiguous(tensor.shape)
    return own[alias.target].as_strided(tensor.shape, strides, alias.offset)


def _contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides = []
    step = 1
    for dim in reversed(shape):
        strides.append(step)
        step *= max(dim, 1)
    return tuple(reversed(strides))
