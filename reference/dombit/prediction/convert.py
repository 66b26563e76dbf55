"""Convert: elements of the root in the dtype of what they predict (chapter 13)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import NARROW, chunks, pattern_type, round_f32_to, to_float64
from dombit.dtypes import DType
from dombit.records import Tensor

_NAN = {"f32": 0x7FC00000, "f64": 0x7FF8 << 48} | {name: row.nan for name, row in NARROW.items()}
"""The canonical NaN of each dtype."""


def convertible(root: Tensor, tensor: Tensor) -> bool:
    """Whether a tensor of the root can predict a tensor: same dims, and same dtype or floats."""
    floats = root.dtype.family == tensor.dtype.family == "float"
    return root.shape == tensor.shape and (root.dtype.code == tensor.dtype.code or floats)


def convert(patterns: NDArray[Any], source: DType, target: DType) -> NDArray[Any]:
    """Return patterns [n] of floats in another dtype; the same array where the dtype is the same.

    Widening is exact. Narrowing rounds to fp32 first (from f64), then to the dtype, each time to
    nearest, ties to even. A NaN becomes the canonical one.
    """
    if source.code == target.code:
        return patterns
    out = np.empty(patterns.size, pattern_type(target))
    for part in chunks(patterns.size):
        numbers = to_float64(patterns[part], source)
        if target.name == "f64":
            out[part] = numbers.view(np.uint64)
        else:
            with np.errstate(over="ignore", invalid="ignore"):
                single = numbers.astype(np.float32)
            out[part] = round_f32_to(target, single)
        out[part][np.isnan(numbers)] = _NAN[target.name]
    return out
