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


def write(tensors: Sequence[Tensor], tensor_bytes: Callable[[int], NDArray[np.uint8]]) -> bytes:
    """Return a `.pt` file: a flat state dict, in the tensors' order, aliases tied as they were.

    `tensor_bytes` gives canonical bytes by number. Hidden tensors are storages of their aliases
    only. Raises MissingExtra without torch.
    """
    torch = need_torch()
    made = state_dict(tensors, tensor_bytes)
    out = io.BytesIO()
    torch.save(made, out)
    return out.getvalue()


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
