"""Digests: what a decoded model is compared with (chapter 10)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from dombit import identity
from dombit.dtypes import elements
from dombit.rebuild import Outputs
from dombit.records import (
    ModelEnd,
    Structure,
    Tensor,
)


def check_digests(structure: Structure, outputs: Outputs, end: ModelEnd) -> dict[int, bytes]:
    """Compare the digest of each tensor (where the stream gives it) and of the model."""
    visible = [n for n, tensor in enumerate(structure.tensors) if not tensor.hidden]
    digests = tensor_digests(structure, outputs, visible)
    for place, number in enumerate(visible):
        expected = end.tensor_digests[32 * place : 32 * place + 32]
        if expected:
            identity.check_tensor(digests[number], expected, structure.tensors[number].name)
    identity.check_model(model_digest(structure, digests), end.model_digest)
    return digests


def tensor_digests(
    structure: Structure, outputs: Outputs, numbers: Iterable[int]
) -> dict[int, bytes]:
    """Return the digests of tensors; whole aliases are not hashed again."""
    digests: dict[int, bytes] = {}
    for number in numbers:
        tensor = structure.tensors[number]
        target = tensor.alias.target if tensor.alias is not None else number
        if tensor.alias is not None and tensor.byte_size == outputs[target].size:
            if tensor.alias.strides is None and target not in digests:
                digests[target] = identity.tensor_digest(outputs[target])
            if tensor.alias.strides is None:
                digests[number] = digests[target]
                continue
        if number not in digests:
            digests[number] = identity.tensor_digest(tensor_bytes(tensor, outputs, number))
    return digests


def model_digest(structure: Structure, digests: dict[int, bytes]) -> bytes:
    """Return the digest of a model from those of its tensors."""
    return identity.model_digest(
        (tensor.name, tensor.dtype, tensor.shape, digests[number])
        for number, tensor in enumerate(structure.tensors)
        if not tensor.hidden
    )


def tensor_bytes(tensor: Tensor, outputs: Outputs, number: int) -> NDArray[np.uint8]:
    """Return the canonical bytes of a tensor; those of an alias come from its target."""
    if tensor.alias is None:
        return outputs[number]
    target, alias = outputs[tensor.alias.target], tensor.alias
    size = max(1, tensor.dtype.bits // 8)
    if alias.strides is None:
        first = alias.offset * tensor.dtype.bits // 8
        return target[first : first + tensor.byte_size]
    items = target.reshape(-1, size)[alias.offset :]
    strides = (*(stride * size for stride in alias.strides), 1)
    if elements(tensor.shape) == 0:
        return np.zeros(0, np.uint8)
    view = np.lib.stride_tricks.as_strided(items, (*tensor.shape, size), strides, writeable=False)
    return np.ascontiguousarray(view).reshape(-1)
