"""Splitting: the encoder's elements as symbols: the inverse of rebuilding (informative)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.layout import Part, Span
from dombit.prediction.differences import difference_dtype, subtract
from dombit.predictor import Predictor
from dombit.quantization import integers
from dombit.records import FLOAT, UNIFORM, Group
from dombit.symbols import GroupContext, Symbols, split_float, split_integers


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the encoder's elements come from."""

    patterns: Callable[[int], NDArray[Any]]
    """Elements of a tensor by its number, flat; 64-bit integers whole."""
    levels: Callable[[int, int, int], NDArray[np.int32]]
    """Levels of a tensor: number, first element, how many (uniform coding)."""
    predictor: Predictor | None = None
    """The root, where there is one."""


def split_part(context: GroupContext, part: Part, source: Source) -> Symbols:
    """Return the symbols of one part: the inverse of what a decoder rebuilds."""
    group, span = context.group, context.layout.spans[part.span]
    if group.coding == FLOAT:
        first = span.offset + part.first
        return split_float(context, part, source.patterns(span.number)[first : first + part.count])
    magnitude, negative = magnitudes_of(group, span, part, source)
    return split_integers(group, negative is not None, magnitude, negative)


def magnitudes_of(
    group: Group, span: Span, part: Part, source: Source
) -> tuple[NDArray[np.uint32], NDArray[np.bool_] | None]:
    """Return magnitudes and signs of a part (no signs: None), 64-bit integers in halves."""
    first, stop = span.offset + part.first, span.offset + part.first + part.count
    if group.coding == UNIFORM:
        return integers.levels_split(source.levels(span.number, first, part.count))
    halves = group.dtype.bits == 64
    here = slice(first // 2, (stop + 1) // 2) if halves else slice(first, stop)
    patterns, dtype = source.patterns(span.number)[here], group.dtype
    if group.predicted and source.predictor is not None:
        predicted = source.predictor.patterns(span.number, here.start, patterns.size)
        patterns, dtype = subtract(patterns, predicted, dtype), difference_dtype(dtype)
    values, negative = integers.int_split(patterns, dtype)
    return (values[first & 1 :][: part.count], None) if halves else (values, negative)
