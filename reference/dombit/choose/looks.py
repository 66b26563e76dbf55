"""Looks: what an encoder looks at of predicted tensors: tokens, and exponents of the root."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dombit.choose.classes import ClassChoice
from dombit.choose.hybrids import FINE
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
    """Elements of a tensor: some places of some rows; R rows and I places in a row."""

    shape: tuple[int, int, int]
    """Sizes of the tensor's axis groups."""
    rows: NDArray[np.int64]
    """[R] of the first axis group."""
    inner: NDArray[np.int64]
    """[I] places in a row, of the second and third axis group."""
    tokens: NDArray[np.uint8]
    """[R, I] fine tokens of the magnitudes."""
    exponents: NDArray[np.uint8]
    """[R, I] exponent fields of the predictions; 0 where the dtype has none."""
    zeros: NDArray[np.bool_] | None
    """[R, I] whether the prediction is zero; None: nowhere."""

    @property
    def share(self) -> int:
        """Elements of the tensor for each that is looked at, rounded down."""
        rows, columns, third = self.shape
        return rows * columns * third // max(1, self.tokens.size)

    def part(self, rows: NDArray[np.int64] | slice, inner: NDArray[np.int64] | slice) -> Look:
        """Return a look at some of the rows and places."""
        zeros = self.zeros
        return replace(
            self,
            rows=self.rows[rows],
            inner=self.inner[inner],
            tokens=self.tokens[rows][:, inner],
            exponents=self.exponents[rows][:, inner],
            zeros=zeros[rows][:, inner] if zeros is not None else None,
        )


def look_at(bare: GroupContext, place: int, source: Source) -> Look:
    """Return a look at all elements of a span of a predicted group, of at most 32 bits each."""
    span, dtype = bare.layout.spans[place], bare.group.dtype
    token, fields = np.empty(span.count, np.uint8), np.zeros(span.count, np.uint8)
    zeros = np.zeros(span.count, np.bool_)
    for at in range(0, span.count, CHUNK):
        part = Part(span=place, first=at, count=min(CHUNK, span.count - at), at=0)
        here = slice(at, at + part.count)
        sizes, _ = magnitudes_of(bare.group, span, part, source)
        token[here], _, _ = tokens.split(sizes, FINE)
        found = predictions(bare, part)
        if dtype.layout is not None:
            fields[here] = exponents(found, dtype.layout)
        nowhere = np.zeros(part.count, np.int32)
        zeros[here] = contexts(nowhere, found, dtype, 0, 2) == 0
    matrix = span.shape[0], span.columns
    return Look(
        shape=span.shape,
        rows=np.arange(matrix[0]),
        inner=np.arange(matrix[1]),
        tokens=token.reshape(matrix),
        exponents=fields.reshape(matrix),
        zeros=zeros.reshape(matrix) if zeros.any() else None,
    )


# --------------------------------------------------------------------------------- parts of looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A look at a tensor, and those parts of it that are looked at many times."""

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
    high = max(1, CHUNK // max(1, look.inner.size))
    for top in range(0, look.rows.size, high):
        for left in range(0, look.inner.size, CHUNK):
            yield look.part(slice(top, top + high), slice(left, left + CHUNK))


def sums(look: Look, choice: ClassChoice, scale: int) -> NDArray[np.int16]:
    """Return bias and classes less the exponents, [R, I]: contexts before they are clamped."""
    rows, columns, third = choice.classes
    inner = np.full(look.shape[1:], choice.bias, np.int16)
    if columns is not None:
        inner += columns[:, None]
    if third is not None:
        inner += third
    out = np.broadcast_to(inner.reshape(-1)[look.inner], look.tokens.shape)
    if rows is not None:
        out = out + rows[look.rows].astype(np.int16)[:, None]
    less: NDArray[np.int16] = out - np.int16(scale) * look.exponents
    return less


def histogram(look: Look, choice: ClassChoice, scale: int) -> NDArray[np.int64]:
    """Return how often each fine token occurs in each context, [128, 256]; from 64 on: no zeros."""
    return _counts(_pairs(look, choice, scale))


def histogram_of_all(
    looks: Sequence[Look], choices: Sequence[ClassChoice], scale: int
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


def _pairs(look: Look, choice: ClassChoice, scale: int) -> Iterator[NDArray[np.int32]]:
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
