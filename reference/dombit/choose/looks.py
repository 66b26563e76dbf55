"""Looks: what an encoder looks at of predicted tensors: tokens, and exponents of the root."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.choose.hybrids import FINE
from dombit.choose.stacks import StackChoice
from dombit.entropy import tokens
from dombit.layout import Part
from dombit.prediction.contexts import contexts, exponents
from dombit.splitting import Source, magnitudes_of
from dombit.symbols import GroupContext, predictions

CHUNK = 1 << 18
"""Elements that are taken together."""
CELLS = 1 << 18
"""Elements up to which a tensor is looked at as a whole."""
BREADTH = 64
"""Elements that are looked at of a row, or of a place in rows, of a larger tensor, at least."""
CONTEXTS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Elements of T tensors of one shape: some places of some rows; R rows, I places in a row."""

    shape: tuple[int, int, int]
    """Sizes of the axis groups of each tensor."""
    rows: NDArray[np.int64]
    """[R] of the first axis group."""
    inner: NDArray[np.int64]
    """[I] places in a row, of the second and third axis group."""
    tokens: NDArray[np.uint8]
    """[T, R, I] fine tokens of the magnitudes."""
    exponents: NDArray[np.uint8]
    """[T, R, I] exponent fields of the predictions; 0 where the dtype has none."""
    zeros: NDArray[np.bool_] | None
    """[T, R, I] whether the prediction is zero; None: nowhere."""

    @property
    def share(self) -> int:
        """Elements of a tensor for each that is looked at, rounded down."""
        rows, columns, third = self.shape
        return rows * columns * third // max(1, self.rows.size * self.inner.size)

    def part(self, rows: NDArray[np.int64] | slice, inner: NDArray[np.int64] | slice) -> Look:
        """Return a look at some of the rows and places."""
        zeros = self.zeros
        return replace(
            self,
            rows=self.rows[rows],
            inner=self.inner[inner],
            tokens=self.tokens[:, rows][:, :, inner],
            exponents=self.exponents[:, rows][:, :, inner],
            zeros=zeros[:, rows][:, :, inner] if zeros is not None else None,
        )

    def some(self, tensors: NDArray[np.int64]) -> Look:
        """Return a look at some of the tensors."""
        if tensors.size == self.tokens.shape[0]:
            return self
        zeros = self.zeros
        return replace(
            self,
            tokens=self.tokens[tensors],
            exponents=self.exponents[tensors],
            zeros=zeros[tensors] if zeros is not None else None,
        )


def look_at(bare: GroupContext, places: Sequence[int], source: Source) -> Look:
    """Return a look at all elements of spans of one shape, of at most 32 bits each."""
    group, spans = bare.group, bare.layout.spans
    shape, count = spans[places[0]].shape, spans[places[0]].count
    size, at = len(places) * count, 0
    token, fields, zeros = np.empty(size, np.uint8), np.zeros(size, np.uint8), np.zeros(size, bool)
    for parts in _bites(places, count):
        found = _joined([predictions(bare, part) for part in parts])
        sizes = [magnitudes_of(group, spans[part.span], part, source)[0] for part in parts]
        here = slice(at, at + found.size)
        at += found.size
        token[here], _, _ = tokens.split(_joined(sizes), FINE)
        if group.dtype.layout is not None:
            fields[here] = exponents(found, group.dtype.layout)
        nowhere = np.zeros(found.size, np.int32)
        zeros[here] = contexts(nowhere, found, group.dtype, 0, 2) == 0
    matrix = len(places), shape[0], shape[1] * shape[2]
    return Look(
        shape=shape,
        rows=np.arange(matrix[1]),
        inner=np.arange(matrix[2]),
        tokens=token.reshape(matrix),
        exponents=fields.reshape(matrix),
        zeros=zeros.reshape(matrix) if zeros.any() else None,
    )


def _bites(places: Sequence[int], count: int) -> Iterator[list[Part]]:
    """Yield parts of spans of `count` elements to take together: many spans, or a part of one."""
    if len(places) > 1:
        yield [Part(span=place, first=0, count=count, at=0) for place in places]
        return
    for at in range(0, count, CHUNK):
        yield [Part(span=places[0], first=at, count=min(CHUNK, count - at), at=0)]


def _joined(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


# --------------------------------------------------------------------------------- parts of looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A look at tensors, and those parts of it that are looked at many times."""

    whole: Look
    across: Look
    """Some places of all rows, to find the classes of rows."""
    along: Look
    """All places of some rows, to find the classes of places."""
    between: Look
    """All places of other rows, to see what classes are worth."""


def parts_of(look: Look) -> Parts:
    """Return the parts of a look; of a small tensor each is the whole."""
    if look.tokens.size <= CELLS:
        return Parts(whole=look, across=look, along=look, between=look)
    return Parts(whole=look, across=_across(look), along=_along(look), between=_between(look))


def _across(look: Look) -> Look:
    breadth = max(BREADTH, CELLS // look.rows.size)
    return look.part(slice(None), _spread(look.inner.size, breadth))


def _along(look: Look) -> Look:
    breadth = max(BREADTH, CELLS // look.inner.size)
    return look.part(_spread(look.rows.size, breadth), slice(None))


def _between(look: Look) -> Look:
    count = max(1, CELLS // look.inner.size)
    return look.part(_spread(look.rows.size, count, shift=1), slice(None))


def _spread(size: int, count: int, shift: int = 0) -> NDArray[np.int64]:
    """Return `count` places spread over a range of this size, or all of it."""
    if count >= size:
        return np.arange(size)
    return (2 * np.arange(count) + shift) * size // (2 * count)


# ------------------------------------------------------------------------------- contexts of looks


def _tiles(look: Look) -> Iterator[Look]:
    """Yield parts of about CHUNK elements that together are all of a look."""
    if look.tokens.size <= CHUNK:
        yield look
        return
    high = max(1, CHUNK // max(1, look.inner.size))
    for top in range(0, look.rows.size, high):
        for left in range(0, look.inner.size, CHUNK):
            yield look.part(slice(top, top + high), slice(left, left + CHUNK))


def sums(look: Look, choice: StackChoice, scale: int) -> NDArray[np.int16]:
    """Return bias and classes less the exponents, [T, R, I]: contexts before they are clamped."""
    rows, columns, third = choice.classes
    inner = choice.bias.astype(np.int16)[:, None]
    if columns is not None or third is not None:
        places = np.zeros((inner.size, *look.shape[1:]), np.int16)
        places += inner[:, :, None]
        if columns is not None:
            places += columns[:, :, None]
        if third is not None:
            places += third[:, None]
        inner = places.reshape(inner.size, -1)[:, look.inner]
    out = np.broadcast_to(inner[:, None], look.tokens.shape)
    if rows is not None:
        out = out + rows[:, look.rows, None]
    less: NDArray[np.int16] = out - np.int16(scale) * look.exponents
    return less


def histogram(look: Look, choice: StackChoice, scale: int) -> NDArray[np.int64]:
    """Return how often each fine token occurs in each context, [128, 256]; from 64 on: no zeros."""
    return _counts(_pairs(look, choice, scale))


def histogram_of_all(
    looks: Sequence[Look], choices: Sequence[StackChoice], scale: int
) -> NDArray[np.int64]:
    """Return the sum of the histograms of tensors, each for as many elements as it has, about."""
    out = np.zeros((2 * CONTEXTS, 256), np.int64)
    small: list[NDArray[np.int32]] = []  # counted together: a count itself has 32 768 places
    waiting = 0
    for look, choice in zip(looks, choices, strict=True):
        if look.share > 1 or look.tokens.size > CHUNK // 4:
            out += look.share * histogram(look, choice, scale)
            continue
        small += _pairs(look, choice, scale)
        waiting += look.tokens.size
        if waiting > CHUNK:
            out += _counts([np.concatenate(small)])
            small, waiting = [], 0
    return out + _counts([np.concatenate(small)] if small else [])


def _pairs(look: Look, choice: StackChoice, scale: int) -> Iterator[NDArray[np.int32]]:
    """Yield context and token of each element as one number."""
    for some in _tiles(look):
        found = np.clip(sums(some, choice, scale), 0, CONTEXTS - 1).astype(np.int32)
        found += CONTEXTS if some.zeros is None else np.where(some.zeros, 0, CONTEXTS)
        yield (found << 8 | some.tokens).reshape(-1)


def _counts(pairs: Iterable[NDArray[np.int32]]) -> NDArray[np.int64]:
    """Return how often each context has each token, [128, 256]."""
    size = 2 * CONTEXTS * 256
    out = np.zeros(size, np.int64)
    for some in pairs:
        out += np.bincount(some, minlength=size)
    return out.reshape(-1, 256)
