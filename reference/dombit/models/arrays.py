"""Arrays: dicts of NumPy arrays or torch tensors to tensors, and back (chapter 5)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.dtypes import BY_NAME, DTYPES, DType, elements, pack_bits, unpack_bits
from dombit.errors import UsageError
from dombit.models.naming import Namer
from dombit.models.paths import Unwalkable, joined, leaves
from dombit.models.torchload import need_torch
from dombit.models.torchnames import DTYPE_NAMES
from dombit.records import Alias, Tensor

MAX_ITEMS = 10_000_000
BY_NUMPY: dict[str, DType] = {dtype.numpy: dtype for dtype in DTYPES if dtype.numpy}
BY_NUMPY["bool"] = BY_NAME["bool"]
TORCH_OF: dict[str, str] = {
    **{ours: theirs for theirs, ours in reversed(DTYPE_NAMES.items())},
    **dict.fromkeys(("i4", "i2"), "int8"),
    **dict.fromkeys(("opaque8", "u4", "u2", "f4_e2m1", "f6_e2m3", "f6_e3m2"), "uint8"),
}
"""torch's dtype for each of ours; sub-byte elements become a byte each."""


# ------------------------------------------------------------------------------- into tensors


def tensors_from_state_dict(mapping: Mapping[str, Any]) -> tuple[Tensor, ...]:
    """Return the tensors of a dict of arrays, nested or not, in its order.

    Takes NumPy arrays and scalars (of ml_dtypes too, any byte order and strides), torch tensors
    of any device, and whatever has `__array__`. Two entries that are the same view of the same
    memory become a tensor and its alias. Raises UsageError, naming the entry, for all else.
    """
    return tuple(
        tensor if tensor.alias else replace(tensor, data=canonical_bytes(value, tensor.dtype))
        for tensor, value in described(mapping)
    )


def described(mapping: Mapping[str, Any]) -> list[tuple[Tensor, Any]]:
    """Return these tensors without their data, each with its array or torch tensor."""
    try:
        found = leaves(
            mapping, lambda node: not isinstance(node, (Mapping, list, tuple)), MAX_ITEMS
        )
        named = [(joined(path), leaf) for path, leaf in found]
    except Unwalkable as reason:
        raise UsageError(f"no dict of arrays: {reason}") from reason
    namer = Namer()
    seen: dict[tuple[Any, ...], int] = {}
    tensors: list[tuple[Tensor, Any]] = []
    for number, (wanted, leaf) in enumerate(named):
        value = leaf if is_torch(leaf) else _array(wanted, leaf)
        shape = tuple(int(dim) for dim in value.shape)
        dtype = dtype_of(wanted, value)
        target = seen.setdefault(_identity(value), number) if elements(shape) else number
        alias = None if target == number else Alias(target=target)
        name = namer.give(wanted)
        tensor = Tensor(name=name, dtype=dtype, shape=shape, data=None, alias=alias)
        tensors.append((tensor, value))
    return tensors


def is_torch(leaf: object) -> bool:
    """Return whether a leaf is a torch tensor; does not import torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(leaf, torch.Tensor)


def _array(name: str, leaf: Any) -> NDArray[Any]:
    if isinstance(leaf, (np.ndarray, np.generic)) or hasattr(leaf, "__array__"):
        return np.asarray(leaf)
    raise UsageError(
        f"{name!r} is no array but {type(leaf).__name__}", hint="give arrays or tensors only"
    )


def dtype_of(name: str, value: Any) -> DType:
    """Return the dtype of an array or torch tensor, or raise UsageError."""
    if is_torch(value):
        ours = DTYPE_NAMES.get(str(value.dtype).removeprefix("torch."))
        strided = str(value.layout) == "torch.strided" and not value.is_meta
        found = BY_NAME[ours] if ours is not None and strided else None
    else:
        found = BY_NUMPY.get(value.dtype.name)
    if found is None:
        raise UsageError(f"{name!r} has a dtype or layout that dombit has not: {value.dtype}")
    return found


def _identity(value: Any) -> tuple[Any, ...]:
    """Return what is the same for two views only if they show the same memory in one way."""
    if is_torch(value):
        flags = (value.is_conj(), value.is_neg(), str(value.device))
        return (value.data_ptr(), str(value.dtype), tuple(value.shape), value.stride(), *flags)
    address = value.__array_interface__["data"][0]
    return (address, value.dtype.str, value.dtype.name, value.shape, value.strides)


def canonical_bytes(value: Any, dtype: DType) -> NDArray[np.uint8]:
    """Return the canonical bytes of an array or a torch tensor, one flat uint8 array.

    Without a copy where the memory holds them already.
    """
    if is_torch(value):
        return _torch_data(value)
    if not value.dtype.isnative or value.dtype.byteorder == ">":
        value = value.astype(value.dtype.newbyteorder("<"))
    flat = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
    return pack_bits(flat, dtype.bits) if dtype.bits < 8 else flat


def _torch_data(value: Any) -> NDArray[np.uint8]:
    torch = need_torch()
    plain = value.detach()
    if plain.is_quantized:
        plain = plain.int_repr()
    flat = plain.resolve_conj().resolve_neg().cpu().contiguous().reshape(-1)
    data: NDArray[np.uint8] = flat.view(torch.uint8).numpy()
    return data


# ----------------------------------------------------------------------------- out of tensors


def to_numpy(tensor: Tensor, data: NDArray[np.uint8]) -> NDArray[Any]:
    """Return a tensor's canonical bytes as an array of its shape.

    A dtype that NumPy has not comes as one of ml_dtypes, or without it as unsigned integers of
    the same width (complex32 always, as uint32); sub-byte elements take a byte each. Shares
    the memory of `data` where it can.
    """
    dtype = tensor.dtype
    array = dtype.numpy_dtype()
    if dtype.bits < 8:
        data = unpack_bits(data, dtype.bits, elements(tensor.shape))
    if array is None:
        array = np.dtype(f"<u{max(dtype.bits, 8) // 8}")
    return np.ascontiguousarray(data).view(array).reshape(tensor.shape)


def to_torch(tensor: Tensor, data: NDArray[np.uint8]) -> Any:
    """Return a tensor's canonical bytes as a torch tensor of its shape, on the CPU; a copy.

    Bytes that torch has no dtype for, and sub-byte elements, come as uint8 or int8. Raises
    MissingExtra without torch, UsageError where this torch is too old for the dtype.
    """
    torch = need_torch()
    dtype = getattr(torch, TORCH_OF[tensor.dtype.name], None)
    if dtype is None:
        raise UsageError(
            f"this torch has no dtype for tensor {tensor.name!r} ({tensor.dtype.name})"
        )
    if elements(tensor.shape) == 0:
        return torch.empty(tensor.shape, dtype=dtype)
    if tensor.dtype.bits < 8:
        data = widened(tensor.dtype, data, elements(tensor.shape))
    return torch.from_numpy(np.array(data, np.uint8)).view(dtype).reshape(tensor.shape)


def widened(dtype: DType, data: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """Return sub-byte elements as a byte each, with the sign carried up."""
    values = unpack_bits(data, dtype.bits, count)
    if dtype.signed:
        sign = np.uint8(1 << (dtype.bits - 1))
        values = (values ^ sign) - sign
    return values
