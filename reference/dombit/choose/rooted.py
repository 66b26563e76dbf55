"""Rooted: the contexts of a predicted group, from classes and the exponents of the root."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dombit.choose.hybrids import fold, pick_hybrid
from dombit.choose.looks import CONTEXTS, Look, histogram_of_all, parts_of
from dombit.choose.refinement import fitted, refined
from dombit.choose.stacks import StackChoice
from dombit.entropy import choose as entropy_choose
from dombit.records import Hybrid

SMALL = 1 << 20
"""Elements of a group up to which both scales are tried: of a larger one the finer is better."""
SURE, TABLES = 0.95, 8000
"""Share of the entropy without classes, and bits less, below which those with classes are taken
without clustering either."""
MAPS = 800.0
"""Bits of a segment of class vectors beside its symbols, about."""
LANES = 24 / 700
"""Bits of lanes that a symbol of it needs."""
START = Hybrid(split=2, msb=1, lsb=0)
"""Hybrid integers under which contexts are compared, before the best are known."""
Price = Callable[[NDArray[np.int64]], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooted:
    """Contexts of a predicted group."""

    scale: int
    root_classes: int
    choices: tuple[StackChoice, ...]
    """Of each look."""
    histograms: NDArray[np.int64]
    """[64 * root_classes, 256] how often each context has each fine token."""


def choose_contexts(
    looks: Sequence[Look], plain: Sequence[StackChoice], follows: bool, price: Price
) -> Rooted:
    """Return the contexts that cost least: those of the exponents alone, or with classes too.

    plain: choices without class vectors, for a scale of 1. follows: whether differences are of the
    size of the root's last places, so that classes have exponents to be less. `price` tells the
    bits of histograms [128, 256]; what is compared is estimated from parts of large tensors.
    """
    elements = sum(look.tokens.size for look in looks)
    scales = ((1, 2) if elements <= SMALL else (2,)) if follows else (0,)
    parts = [parts_of(look) for look in looks]
    seen = [each.between for each in parts]
    fits = [(scale, fitted(parts, scale)) for scale in scales]
    scale, fit = _cheapest(seen, fits, _entropy) if len(fits) > 1 else fits[0]
    options = [(1, plain), (scale, refined(parts, fit, scale))]
    without, having = _costs(seen, options, _entropy)
    surely = having < SURE * without - TABLES
    scale, choices = options[1] if surely else _cheapest(seen, options, price)
    classes = 1 if all(look.zeros is None for look in looks) else 2
    histograms = histogram_of_all(looks, choices, scale)[(2 - classes) * CONTEXTS :]
    return Rooted(scale=scale, root_classes=classes, choices=tuple(choices), histograms=histograms)


def _cheapest(
    looks: Sequence[Look], options: Sequence[tuple[int, Sequence[StackChoice]]], price: Price
) -> tuple[int, Sequence[StackChoice]]:
    """Return the scale and choices whose histograms and class vectors cost least."""
    costs = _costs(looks, options, price)
    return options[costs.index(min(costs))]


def _costs(
    looks: Sequence[Look], options: Sequence[tuple[int, Sequence[StackChoice]]], price: Price
) -> list[float]:
    return [
        price(histogram_of_all(looks, choices, scale)) + _vector_bits(choices)
        for scale, choices in options
    ]


def _entropy(histograms: NDArray[np.int64]) -> float:
    return float(entropy_choose.entropies_of(histograms).sum())


def _vector_bits(choices: Sequence[StackChoice]) -> float:
    """Return the bits of all class vectors, coded in one segment with a table for each axis."""
    bits = 0.0
    for axis in range(3):
        some = [_vectors(choice, axis) for choice in choices]
        counts = np.bincount(np.concatenate(some), minlength=256)[None]
        if counts.any():
            frequencies = entropy_choose.frequencies_of(counts)
            bits += float(entropy_choose.bits_of(counts, frequencies)[0])
            bits += int(entropy_choose.table_cost_bits(frequencies)[0])
            bits += LANES * int(counts.sum())
    return bits + MAPS if bits else 0.0


def _vectors(choice: StackChoice, axis: int) -> NDArray[np.int16]:
    """Return the classes of those tensors that have some along an axis group, joined."""
    vectors = choice.classes[axis]
    if vectors is None:
        return np.zeros(0, np.int16)
    own: NDArray[np.int16] = vectors[choice.axes >> axis & 1 == 1].reshape(-1)
    return own


def price_of(histograms: NDArray[np.int64], tables: int) -> float:
    """Return the bits of fine tokens in dense segments, about, less those behind the tokens."""
    counts = fold(histograms, START)[0]
    table_map, frequencies = entropy_choose.cluster(counts, tables)
    merged = _merged(counts, table_map)
    bits = float(entropy_choose.bits_of(merged, frequencies).sum())
    return bits + int(entropy_choose.table_cost_bits(frequencies).sum())


def tables_of(
    histograms: NDArray[np.int64], tokens: int, tables: int
) -> tuple[Hybrid, NDArray[np.int64]]:
    """Return hybrid integers for dense segments, and histograms of their tokens."""
    table_map, _ = entropy_choose.cluster(fold(histograms, START)[0], tables)
    hybrid, _ = pick_hybrid(_merged(histograms, table_map), tokens)
    return hybrid, fold(histograms, hybrid)[0]


def _merged(histograms: NDArray[np.int64], table_map: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the sums of the histograms that share a table."""
    merged = np.zeros((int(table_map.max()) + 1, 256), np.int64)
    np.add.at(merged, table_map, histograms)
    return merged
