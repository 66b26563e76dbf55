"""Rooted: the contexts of a predicted group, from classes and the exponents of the root."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dombit.choose.classes import ClassChoice
from dombit.choose.hybrids import fold, pick_hybrid
from dombit.choose.looks import CONTEXTS, Look, histogram_of_all, parts_of
from dombit.choose.refinement import refined
from dombit.entropy import choose as entropy_choose
from dombit.records import Hybrid

SMALL = 1 << 20
"""Elements of a group up to which both scales are tried: of a larger one the finer is better."""
MAPS = 800.0
"""Bits of a segment of class vectors beside its symbols, about."""
LANES = 24 / 700
"""Bits of lanes that a symbol of it needs."""
Price = Callable[[NDArray[np.int64]], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooted:
    """Contexts of a predicted group."""

    scale: int
    root_classes: int
    choices: tuple[ClassChoice, ...]
    """Of each tensor."""
    histograms: NDArray[np.int64]
    """[64 * root_classes, 256] how often each context has each fine token."""


def choose_contexts(
    looks: Sequence[Look], plain: Sequence[ClassChoice], follows: bool, price: Price
) -> Rooted:
    """Return the contexts that cost least: those of the exponents alone, or with classes too.

    plain: choices without class vectors, for a scale of 1. follows: whether differences are of the
    size of the root's last places, so that classes have exponents to be less. `price` tells the
    bits of histograms [128, 256]; what is compared is estimated from parts of large tensors.
    """
    elements = sum(look.tokens.size for look in looks)
    scales = ((1, 2) if elements <= SMALL else (2,)) if follows else (0,)
    parts = [parts_of(look) for look in looks]
    options = [(1, tuple(plain))]
    options += [(scale, tuple(refined(parts, scale))) for scale in scales]
    seen = [each.between for each in parts]
    costs = [
        price(histogram_of_all(seen, choices, scale)) + _vector_bits(choices)
        for scale, choices in options
    ]
    scale, choices = options[costs.index(min(costs))]
    classes = 1 if all(look.zeros is None for look in looks) else 2
    histograms = histogram_of_all(looks, choices, scale)[(2 - classes) * CONTEXTS :]
    return Rooted(scale=scale, root_classes=classes, choices=choices, histograms=histograms)


def _vector_bits(choices: Sequence[ClassChoice]) -> float:
    """Return the bits of all class vectors, coded in one segment with a table for each axis."""
    bits = 0.0
    for axis in range(3):
        vectors = [choice.classes[axis] for choice in choices]
        some = [vector for vector in vectors if vector is not None]
        if some:
            counts = np.bincount(np.concatenate(some), minlength=256)[None]
            frequencies = entropy_choose.frequencies_of(counts)
            bits += float(entropy_choose.bits_of(counts, frequencies)[0])
            bits += int(entropy_choose.table_cost_bits(frequencies)[0])
            bits += LANES * int(counts.sum())
    return bits + MAPS if bits else 0.0


def tables_of(
    histograms: NDArray[np.int64], tokens: int, tables: int
) -> tuple[Hybrid, NDArray[np.int64], float]:
    """Return hybrid integers for dense segments, histograms of their tokens, and the bits."""
    start = Hybrid(split=2, msb=1, lsb=0)
    table_map, _ = entropy_choose.cluster(fold(histograms, start)[0], tables)
    merged = np.zeros((int(table_map.max()) + 1, 256), np.int64)
    np.add.at(merged, table_map, histograms)
    hybrid, bits = pick_hybrid(merged, tokens)
    return hybrid, fold(histograms, hybrid)[0], bits
