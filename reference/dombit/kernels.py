"""Kernels: the loops over symbols, in NumPy or as compiled twins with the same results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.entropy import lanes, rawbits, signed
from dombit.entropy.lanes import LaneCode, LaneInput, LaneOutput, LaneSymbols
from dombit.entropy.signed import Large, SignedCodes
from dombit.prediction import walks
from dombit.records import Hybrid


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernels:
    """What a decoder and an encoder call for each segment; the twins are in `dombit.fast`."""

    decode_lanes: Callable[[Sequence[LaneInput], NDArray[np.uint32]], list[LaneOutput]]
    encode_lanes: Callable[[Sequence[LaneSymbols], NDArray[np.uint16]], list[LaneCode]]
    read_variable: Callable[[NDArray[np.uint8], NDArray[np.uint8]], NDArray[np.uint32]]
    write_variable: Callable[[NDArray[np.uint32], NDArray[np.uint8]], NDArray[np.uint8]]
    join_signed: Callable[[NDArray[np.uint8], NDArray[np.uint8], Hybrid, Large], SignedCodes]
    look_up: Callable[[NDArray[np.uint16], NDArray[Any], NDArray[Any]], None]
    places: Callable[[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]], NDArray[np.int64]]
    parallel: bool = False
    """Whether segments gain from threads: compiled loops hold no lock."""
    jobs: int = 1
    """Threads that hash tensors, and (two at most, where compiled) decode segments."""
    note: str = ""
    """What the user should know of the choice: numba that does not work."""


NUMPY = Kernels(
    decode_lanes=lanes.decode_lanes,
    encode_lanes=lanes.encode_lanes,
    read_variable=rawbits.read_variable,
    write_variable=rawbits.write_variable,
    join_signed=signed.join_signed,
    look_up=signed.look_up,
    places=walks.places,
)
