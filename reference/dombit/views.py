"""Views: the bytes of a tensor that is all or a part of another (chapter 15)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dombit.dtypes import elements, pack_bits, unpack_bits
from dombit.errors import UsageError
from dombit.records import Alias, Tensor


def bytes_of_alias(tensor: Tensor, target: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the canonical bytes of an alias from those of its target, one flat uint8 array.

    A slice of `target` where the elements lie side by side; else a copy.
    Raises UsageError for a tensor that is no alias or leaves its target: a stream whose aliases
    do is refused before.
    """
    alias, bits = tensor.alias, tensor.dtype.bits
    if alias is None:
        raise UsageError(f"tensor {tensor.name!r} has no data")
    count = elements(tensor.shape)
    if count == 0:
        return np.zeros(0, np.uint8)
    if bits >= 8:
        return _chosen(tensor, alias, target.reshape(-1, bits // 8)).reshape(-1)
    if alias.strides is None and alias.offset == 0 and target.size * 8 == count * bits:
        return target
    narrow = unpack_bits(target, bits, target.size * 8 // bits)
    return pack_bits(_chosen(tensor, alias, narrow.reshape(-1, 1)).reshape(-1), bits)


def _chosen(tensor: Tensor, alias: Alias, items: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the elements of an alias in order, [elements, bytes of one] like those of `items`."""
    if alias_end(tensor, alias) > len(items) or min(alias.strides or (0,)) < 0:
        raise UsageError(f"tensor {tensor.name!r} leaves the tensor that it is a part of")
    if alias.strides is None:
        return items[alias.offset : alias.offset + elements(tensor.shape)]
    strides = (*(stride * items.shape[1] for stride in alias.strides), 1)
    shape = (*tensor.shape, items.shape[1])
    view = np.lib.stride_tricks.as_strided(items[alias.offset :], shape, strides, writeable=False)
    return np.ascontiguousarray(view).reshape(-1, items.shape[1])


def alias_end(tensor: Tensor, alias: Alias) -> int:
    """Return one more than the last element of the target that an alias touches."""
    if elements(tensor.shape) == 0 and alias.strides is not None:
        return 0
    if alias.strides is None:
        return alias.offset + elements(tensor.shape)
    reach = sum((dim - 1) * step for dim, step in zip(tensor.shape, alias.strides, strict=True))
    return alias.offset + reach + 1
