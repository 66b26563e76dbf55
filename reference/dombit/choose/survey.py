"""Survey: what is known of a tensor's values before any step is tried (informative)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.choose.codings import numbers_of, tensor_patterns
from dombit.prediction.differences import finite_values
from dombit.records import Tensor

CHUNK = 1 << 20
"""Elements that are worked on at a time."""
LARGEST = 1e140
"""Values from here on are not quantised: sums of their squares might not be finite."""
CLOSER = 0.8
"""Share of the power that a difference may have to be quantised in the place of the values."""
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
    predicted: NDArray[np.unsignedinteger[Any]] | None = None
    """[count] the elements of its prediction, where it is quantised as the difference from it."""
    largest: float
    """Largest magnitude of what is quantised."""
    top: float
    """Largest magnitude of its values."""
    power: float
    """Sum of the squares of its values."""

    @property
    def count(self) -> int:
        """Number of elements."""
        return int(self.patterns.size)

    def values(self, part: slice) -> NDArray[np.float64]:
        """Return the values of some elements."""
        return numbers_of(self.patterns[part], self.tensor)

    def quantised(self, part: slice) -> NDArray[np.float64]:
        """Return what of these elements is quantised: the values, or the differences."""
        guess = None if self.predicted is None else self.predicted[part]
        return differences_of(self.tensor, self.patterns[part], guess)


def differences_of(
    tensor: Tensor,
    patterns: NDArray[np.unsignedinteger[Any]],
    predicted: NDArray[np.unsignedinteger[Any]] | None,
) -> NDArray[np.float64]:
    """Return the values of elements, less those of their predictions where there are some."""
    numbers = numbers_of(patterns, tensor)
    if predicted is not None:
        numbers = numbers - finite_values(predicted, tensor.dtype)
    return numbers


def survey(
    tensor: Tensor, number: int, predicted: NDArray[np.unsignedinteger[Any]] | None = None
) -> Weights | None:
    """Look at all values of a tensor, once; those of its prediction, if there is one, too.

    None for one that holds NaN or infinities, or what has no sum of squares in fp64. The prediction
    is taken where that leaves less to be coded.
    """
    patterns = tensor_patterns(tensor)
    largest, powers = 0.0, []
    farthest, rests = 0.0, []
    for at in range(0, patterns.size, CHUNK):
        part = slice(at, at + CHUNK)
        numbers = numbers_of(patterns[part], tensor)
        size = float(np.abs(numbers).max())
        if not size < LARGEST:  # NaN is not below anything
            return None
        largest = max(largest, size)
        powers.append(float(np.square(numbers).sum()))
        if predicted is not None:
            numbers = numbers - finite_values(predicted[part], tensor.dtype)
            farthest = max(farthest, float(np.abs(numbers).max()))
            rests.append(float(np.square(numbers).sum()))
    if 0.0 < largest <= SMALLEST:
        return None
    power = math.fsum(powers)
    closer = predicted is not None and farthest < LARGEST and math.fsum(rests) < CLOSER * power
    return Weights(
        number=number,
        tensor=tensor,
        patterns=patterns,
        predicted=predicted if closer else None,
        largest=farthest if closer else largest,
        top=largest,
        power=power,
    )


def total_power(weights: Iterable[Weights]) -> float:
    """Return the sum of squares over several tensors."""
    return math.fsum(each.power for each in weights)
