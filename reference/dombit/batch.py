"""Batch: segments that wait, to be decoded side by side (chapter 7)."""

from __future__ import annotations

from dataclasses import dataclass, field

from dombit.kernels import NUMPY, Kernels
from dombit.rebuild import Pending

SYMBOL_BYTES = 5
"""Tables and tokens of a symbol, in symbol order and by rounds."""


@dataclass(kw_only=True)
class Batch:
    """Dense segments that are decoded together: more lanes in flight, bounded memory."""

    kernels: Kernels = NUMPY
    bytes_limit: int = 40 << 20
    """Memory that the waiting segments may cost: twice their payloads, SYMBOL_BYTES a symbol."""
    tables_limit: int = 1 << 10
    pending: list[Pending] = field(default_factory=list)

    def add(self, item: Pending) -> None:
        """Take one more segment."""
        self.pending.append(item)

    @property
    def full(self) -> bool:
        """Whether it is time to decode what waits."""
        cost = sum(
            SYMBOL_BYTES * item.segment.count + 2 * item.segment.tail.nbytes
            for item in self.pending
        )
        pools = {id(item.frequencies): len(item.frequencies) for item in self.pending}
        return cost >= self.bytes_limit or sum(pools.values()) >= self.tables_limit
