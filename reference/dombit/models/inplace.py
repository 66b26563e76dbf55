"""In place: canonical bytes into the memory of a caller's arrays and tensors (chapter 5)."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.dtypes import elements, unpack_bits
from dombit.models.arrays import dtype_of, is_torch
from dombit.models.torchload import need_torch
from dombit.records import Tensor

INTEGERS = {1: "uint8", 2: "int16", 4: "int32", 8: "int64"}
"""torch's integers by width: what is written is bit patterns."""


def obstacle(value: Any, tensor: Tensor) -> str | None:
    """Return why the elements of `tensor` cannot be written over those of `value`; None: they can.

    `value`: what the caller's mapping holds. Its memory is not touched.
    """
    if not is_torch(value) and not isinstance(value, np.ndarray):
        return f"is no array that can be written to but {type(value).__name__}"
    shape = tuple(int(dim) for dim in value.shape)
    if shape != tensor.shape:
        return f"has the shape {shape}, the stream's is {tensor.shape}"
    dtype = dtype_of(tensor.name, value)
    if dtype.code != tensor.dtype.code:
        return f"has the dtype {dtype.name}, the stream's is {tensor.dtype.name}"
    found = _torch_obstacle(value) if is_torch(value) else None
    if not is_torch(value) and not value.flags.writeable:
        found = "is read-only"
    if found is None and overlaps_itself(region(value)):
        found = "has elements that share memory (it is expanded, or its strides overlap)"
    return found


def _torch_obstacle(value: Any) -> str | None:
    """Return why a torch tensor cannot be written to."""
    if value.is_quantized:
        return "is a quantised tensor"
    if value.is_conj() or value.is_neg():
        return "is a conjugated or negated view"
    if value.is_inference() and not need_torch().is_inference_mode_enabled():
        return "is an inference tensor (outside of torch.inference_mode)"
    return None


class _Place:
    """A place in memory for NumPy to look at; it is never read from."""

    def __init__(
        self, address: int, shape: tuple[int, ...], strides: tuple[int, ...], width: int
    ) -> None:
        self.__array_interface__ = {
            "version": 3, "typestr": f"|V{width}", "data": (address, True),
            "shape": shape, "strides": strides,
        }  # fmt: skip


def region(value: Any) -> NDArray[np.void]:
    """Return an array that lies where an array or torch tensor does: to be compared, not read."""
    if is_torch(value):
        width = value.element_size()
        strides = tuple(width * step for step in value.stride())
        return np.asarray(_Place(value.data_ptr(), tuple(value.shape), strides, width))
    address = value.__array_interface__["data"][0]
    return np.asarray(_Place(address, value.shape, value.strides, value.itemsize))


def overlaps_itself(place: NDArray[np.void]) -> bool:
    """Whether elements of a view may share memory: an axis steps into what inner ones cover."""
    if place.size == 0:
        return False
    covered = place.itemsize
    steps = zip(place.strides, place.shape, strict=True)
    for step, dim in sorted((abs(step), dim) for step, dim in steps if dim > 1):
        if step < covered:
            return True
        covered += step * (dim - 1)
    return False


def write(value: Any, tensor: Tensor, data: NDArray[np.uint8]) -> None:
    """Write the canonical bytes of `tensor` over a value without an obstacle.

    data: flat uint8, aligned, writable, not the memory of `value`. No gradient is recorded.
    """
    if data.size == 0:
        return
    if tensor.dtype.bits < 8:
        data = unpack_bits(data, tensor.dtype.bits, elements(tensor.shape))
    if is_torch(value):
        _write_torch(value, data)
        return
    target = np.asarray(value)
    if tensor.dtype.bits == 128:
        target[...] = data.view("<c16").reshape(tensor.shape)
        return
    little = target.dtype.isnative == (sys.byteorder == "little")
    width = target.itemsize
    found = data.view(f"<u{width}").reshape(tensor.shape)
    target.view(f"{'<' if little else '>'}u{width}")[...] = found


def _write_torch(value: Any, data: NDArray[np.uint8]) -> None:
    """Write patterns over a torch tensor, on whatever device."""
    torch = need_torch()
    target = value.detach()
    if target.is_complex():
        target = torch.view_as_real(target)
    target = target.view(getattr(torch, INTEGERS[target.element_size()]))
    target.copy_(torch.from_numpy(data).view(target.dtype).reshape(target.shape))
