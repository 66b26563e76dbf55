"""Sparse segments of the vectors: the elements that change, walk class by walk class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from conformance.make.coder import Hybrid
from conformance.make.symbols import Symbol, hybrid_side


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A segment: symbols with their tables; if sparse, the changed elements of each walk class."""

    changes: list[int]
    symbols: list[tuple[Symbol, int]]


def sparse_part(
    hybrid: Hybrid, table_map: Sequence[int], classes: int, dense: Sequence[Symbol]
) -> Body:
    """Return what a sparse segment says of the elements of its part of the dense sequence."""
    changes, gaps, values = [], [], []
    for w in range(classes):
        walk = [symbol for symbol in dense if table_map[symbol.context] == w]
        last, count = -1, 0
        for at, symbol in enumerate(walk):
            if symbol.value == 0:
                continue
            gaps.append((_symbol(symbol, *hybrid_side(hybrid, at - last - 1, None)), 2 * w))
            token, side = hybrid_side(hybrid, abs(symbol.value) - 1, None)
            side = [(int(symbol.value < 0), 1), *side]
            values.append((_symbol(symbol, token, side), 2 * w + 1))
            last, count = at, count + 1
        changes.append(count)
    return Body(changes=changes, symbols=gaps + values)


def _symbol(symbol: Symbol, token: int, side: list[tuple[int, int]]) -> Symbol:
    return replace(symbol, token=token, side=side)
