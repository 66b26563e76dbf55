"""Stacks: tensors of one shape, whose classes are found together (informative)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dombit.choose.classes import ClassChoice
from dombit.layout import Span

TOGETHER = 1 << 18
"""Elements of tensors that are looked at together, at most."""
HIGHEST = 63
"""Class of a vector that begins at 0, at most."""
Vectors = tuple[NDArray[np.int16] | None, NDArray[np.int16] | None, NDArray[np.int16] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackChoice:
    """Class vectors of T tensors of one shape."""

    axes: NDArray[np.int64]
    """[T] bit masks, as in the group's columns."""
    classes: Vectors
    """[T, n] along each axis group, zeros for tensors without; None: no tensor has some."""
    bias: NDArray[np.int64]
    """[T]"""


def stacks_of(spans: Sequence[Span]) -> list[list[int]]:
    """Return the places of spans with elements, those of one shape together; large ones alone."""
    open_stacks: dict[tuple[int, int, int], list[int]] = {}
    stacks: list[list[int]] = []
    for place, span in enumerate(spans):
        stack = open_stacks.get(span.shape)
        if not span.count:
            continue
        if stack is None or (len(stack) + 1) * span.count > TOGETHER:
            open_stacks[span.shape] = stack = []
            stacks.append(stack)
        stack.append(place)
    return stacks


def without_classes(biases: Sequence[int] | NDArray[np.int64]) -> StackChoice:
    """Return the choice that gives tensors no classes, but these biases."""
    bias = np.array(biases, np.int64)
    return StackChoice(axes=np.zeros_like(bias), classes=(None, None, None), bias=bias)


def settle(
    axes: NDArray[np.int64], classes: Sequence[NDArray[np.int64] | None], bias: NDArray[np.int64]
) -> StackChoice:
    """Return a choice whose class vectors begin at 0 and end at 63 at most."""
    out: list[NDArray[np.int16] | None] = []
    for vectors in classes:
        settled = None
        if vectors is not None:
            settled, lowest = settled_vectors(vectors)
            bias = bias + lowest
        out.append(settled)
    first, second, third = out
    return StackChoice(axes=axes, classes=(first, second, third), bias=bias)


def settled_vectors(vectors: NDArray[np.int64]) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
    """Return vectors [T, n] as classes of 0 to 63, and what is to be added to each bias [T]."""
    lowest = np.maximum(vectors.min(axis=1), vectors.max(axis=1) - HIGHEST)
    return np.maximum(vectors - lowest[:, None], 0).astype(np.int16), lowest


def best_of(options: Sequence[StackChoice], best: NDArray[np.int64]) -> StackChoice:
    """Return the choice that has, for tensor t, what options[best[t]] has for it."""
    tensors = np.arange(best.size)
    classes: list[NDArray[np.int16] | None] = []
    for axis in range(3):
        some = [(k, option.classes[axis]) for k, option in enumerate(options) if (best == k).any()]
        vectors: NDArray[np.int16] | None = None
        for k, own in some:
            if own is not None:
                vectors = np.zeros_like(own) if vectors is None else vectors
                vectors[best == k] = own[best == k]
        classes.append(vectors)
    first, second, third = classes
    return StackChoice(
        axes=np.stack([option.axes for option in options])[best, tensors],
        classes=(first, second, third),
        bias=np.stack([option.bias for option in options])[best, tensors],
    )


def some_of(choice: StackChoice, tensors: NDArray[np.int64]) -> StackChoice:
    """Return the choice for some tensors of a stack."""
    first, second, third = (v[tensors] if v is not None else None for v in choice.classes)
    return StackChoice(
        axes=choice.axes[tensors], classes=(first, second, third), bias=choice.bias[tensors]
    )


def apart(choice: StackChoice) -> list[ClassChoice]:
    """Return the choice of each tensor."""
    out = []
    for tensor, axes in enumerate(choice.axes.tolist()):
        first, second, third = (
            vectors[tensor].astype(np.uint8) if vectors is not None and axes >> axis & 1 else None
            for axis, vectors in enumerate(choice.classes)
        )
        bias = int(choice.bias[tensor])
        out.append(ClassChoice(axes=axes, classes=(first, second, third), bias=bias))
    return out
