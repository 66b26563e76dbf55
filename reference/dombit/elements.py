"""Elements: canonical bytes of a tensor as the unsigned patterns that are coded (chapter 5)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import bits_type
from dombit.dtypes import DType, elements, unpack_bits


def patterns_of(
    data: NDArray[np.uint8], dtype: DType, shape: tuple[int, ...]
) -> NDArray[np.unsignedinteger[Any]]:
    """Return a flat view of the elements: complex numbers as two, sub-byte ones in a byte each.

    64-bit integers stay whole here; the INT coding halves them.
    """
    if dtype.bits < 8:
        return unpack_bits(data, dtype.bits, elements(shape))
    width = bits_type(dtype.part_bits)
    return data.view(np.dtype(width).newbyteorder("<"))
