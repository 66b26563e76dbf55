"""Sides: the stream of side bits, part of which lies in end states (chapter 7)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dombit.entropy import rawbits
from dombit.errors import fail
from dombit.kernels import Kernels


def side_stream(
    end_words: NDArray[np.uint16], tail: NDArray[np.uint8], bits: int
) -> NDArray[np.uint8]:
    """Return the bytes of the side bits: first from the end states, then from the payload."""
    carried = end_words.astype("<u2").view(np.uint8)
    used = (bits + 7) // 8
    size = max(0, used - carried.size)
    if tail.size != size:
        fail(
            "malformed",
            "R-SEG-032",
            f"{size} bytes of side bits expected, {tail.size} there",
            stage="segment",
        )
    if carried[used:].any():
        fail("forbidden-value", "R-SEG-037", "end payload beyond the side bits", stage="segment")
    stream = np.concatenate([carried[:used], tail]) if carried.size else tail
    rawbits.check_behind(stream, bits)
    return stream


def write_sides(
    sides: NDArray[np.uint32], widths: NDArray[np.uint8], carried_words: int, kernels: Kernels
) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Return the words that the end states carry, and the side bytes: inverse of side_stream."""
    stream = kernels.write_variable(sides, widths)
    size = 2 * carried_words
    head = np.zeros(size, np.uint8)
    head[: min(size, stream.size)] = stream[:size]
    return head.view("<u2").astype(np.uint16), stream[size:]
