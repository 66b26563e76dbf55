"""Survey: what is known of a tensor's values before any step is tried (informative)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.choose.codings import numbers_of, tensor_patterns
from dombit.records import Tensor

CHUNK = 1 << 20
"""Elements that are worked on at a time."""
LARGEST = 1e140
"""Values from here on are not quantised: sums of their squares might not be finite."""
SMALLEST = 1e-140
"""Nor are tensors without larger values: squares of these might be zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A tensor that can be quantised, and what one look at all its values says."""

    number: int
    """Its number in the model."""
    tensor: Tensor
    patterns: NDArray[np.unsignedinteger[Any]]
    """[count] its elements."""
    largest: float
    """Largest magnitude."""
    power: float
    """Sum of the squares of its values."""

    @property
    def count(self) -> int:
        """Number of elements."""
        return int(self.patterns.size)


def survey(tensor: Tensor, number: int) -> Weights | None:
    """Look at all values of a tensor, once.

    None for one that holds NaN or infinities, or what has no sum of squares in fp64.
    """
    patterns = tensor_patterns(tensor)
    largest, powers = 0.0, []
    for at in range(0, patterns.size, CHUNK):
        numbers = numbers_of(patterns[at : at + CHUNK], tensor)
        size = float(np.abs(numbers).max())
        if not size < LARGEST:  # NaN is not below anything
            return None
        largest = max(largest, size)
        powers.append(float(np.square(numbers, out=numbers).sum()))
    if 0.0 < largest <= SMALLEST:
        return None
    return Weights(
        number=number, tensor=tensor, patterns=patterns, largest=largest, power=math.fsum(powers)
    )


def total_power(weights: Iterable[Weights]) -> float:
    """Return the sum of squares over several tensors."""
    return math.fsum(each.power for each in weights)
