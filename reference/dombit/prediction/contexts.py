"""Contexts: what the predicted value says of the difference (chapter 13)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import pattern_type
from dombit.dtypes import DType, FloatLayout

CONTEXTS = 64


def contexts(
    sums: NDArray[np.int32], prediction: NDArray[Any], dtype: DType, scale: int, root_classes: int
) -> NDArray[np.uint8]:
    """Return the contexts [n], 0 to 127, of elements with these predictions (patterns [n]).

    sums: bias and classes of each element. The exponent field, times `scale`, is taken off.
    """
    layout, number = dtype.layout, pattern_type(dtype)
    found = sums
    if scale and layout is not None:
        found = sums - scale * exponents(prediction, layout)
    out = np.clip(found, 0, CONTEXTS - 1).astype(np.uint8)
    if root_classes > 1:
        size = number((1 << dtype.bits - 1) - 1) if layout is not None else ~number(0)
        out += np.uint8(CONTEXTS) * ((prediction & size) != 0)
    return out


def contexts_of_all(bias: int, dtype: DType, scale: int, root_classes: int) -> NDArray[np.uint8]:
    """Return the context of every pattern of a narrow type, where no class adds to the bias."""
    kind = np.dtype(pattern_type(dtype))
    every = np.arange(1 << 8 * kind.itemsize, dtype=kind)
    return contexts(np.full(every.size, bias, np.int32), every, dtype, scale, root_classes)


def exponents(patterns: NDArray[Any], layout: FloatLayout) -> NDArray[np.int32]:
    """Return the exponent fields of patterns [n] of floats."""
    number = patterns.dtype.type
    mask = number((1 << layout.exponent_bits) - 1)
    fields: NDArray[Any] = patterns >> number(layout.mantissa_bits) & mask
    return fields.astype(np.int32)
