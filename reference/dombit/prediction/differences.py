"""Differences: of order-preserving integers, and of values (chapter 13)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import chunks, pattern_type, round_f32_to, to_float64
from dombit.dtypes import DType


def difference_dtype(dtype: DType) -> DType:
    """Return what a difference of patterns is coded as: a signed integer of the same width."""
    return DType(0, f"difference of {dtype.name}", dtype.bits, "int")


def order(patterns: NDArray[Any], dtype: DType) -> NDArray[Any]:
    """Return integers that ascend as the numbers of patterns [n] do; -0 stands below +0."""
    number = pattern_type(dtype)
    top = number(1 << (dtype.bits - 1))
    if dtype.family == "float":
        # All bits of what is negative are flipped, only the top one of what is not.
        negative = number(0) - (patterns >> number(dtype.bits - 1))
        ordered: NDArray[Any] = patterns ^ (negative | top)
        return ordered
    return patterns ^ top if dtype.signed else patterns


def unorder(integers: NDArray[Any], dtype: DType) -> NDArray[Any]:
    """Return the patterns of such integers: the inverse of order."""
    number = pattern_type(dtype)
    top = number(1 << (dtype.bits - 1))
    if dtype.family == "float":
        negative = (integers >> number(dtype.bits - 1)) - number(1)
        patterns: NDArray[Any] = integers ^ (negative | top)
        return patterns
    return integers ^ top if dtype.signed else integers


def add_difference(
    prediction: NDArray[Any], difference: NDArray[Any], dtype: DType
) -> NDArray[Any]:
    """Return the patterns [n] that lie `difference` (two's complement) above the prediction."""
    mask = pattern_type(dtype)((1 << dtype.bits) - 1)
    return unorder((order(prediction, dtype) + difference) & mask, dtype)


def subtract(patterns: NDArray[Any], prediction: NDArray[Any], dtype: DType) -> NDArray[Any]:
    """Return differences (two's complement) of patterns: the inverse of add_difference."""
    mask = pattern_type(dtype)((1 << dtype.bits) - 1)
    found: NDArray[Any] = (order(patterns, dtype) - order(prediction, dtype)) & mask
    return found


def add_values(prediction: NDArray[Any], products: NDArray[Any], dtype: DType) -> NDArray[Any]:
    """Return the patterns [n] of prediction + product, rounded once to fp32, then to the dtype.

    products: level * m * 2^e, exact, in fp32 (f64: fp64). Where a product is 0 the prediction's
    pattern stays; a prediction that is not finite counts as 0.
    """
    out = np.empty(prediction.size, pattern_type(dtype))
    for part in chunks(prediction.size):
        sums = finite_values(prediction[part], dtype)
        with np.errstate(over="ignore"):
            sums += products[part]
        changed = sums.view(np.uint64) if dtype.name == "f64" else round_f32_to(dtype, sums)
        out[part] = np.where(products[part] == 0, prediction[part], changed)
    return out


def finite_values(prediction: NDArray[Any], dtype: DType) -> NDArray[Any]:
    """Return the numbers of patterns in fp32 (f64: fp64), 0 for what is not finite; a copy."""
    numbers = to_float64(prediction, dtype)
    values = numbers.astype(np.float64 if dtype.name == "f64" else np.float32)
    values[~np.isfinite(values)] = 0
    return values
