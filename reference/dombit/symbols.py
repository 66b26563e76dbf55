"""Symbols of a dense segment: tokens, raw fields and side bits as elements (chapters 7 and 12)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.dtypes import DType, FloatLayout
from dombit.entropy import rawrows, signed, tokens
from dombit.entropy.contexts import CHUNK, class_sums, dense_tables
from dombit.entropy.signed import SignedCodes
from dombit.errors import UsageError
from dombit.kernels import NUMPY, Kernels
from dombit.layout import Layout, Part, parts, rows_of
from dombit.prediction.contexts import contexts, contexts_of_all
from dombit.prediction.differences import difference_dtype
from dombit.predictor import Predictor
from dombit.quantization import exact
from dombit.records import INT, Group
from dombit.sides import side_stream

Classes = tuple[NDArray[np.uint8] | None, NDArray[np.uint8] | None, NDArray[np.uint8] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupContext:
    """All that the segments of a group share."""

    group: Group
    layout: Layout
    classes: tuple[Classes, ...]
    """A class vector for each axis group of each span, or None."""
    low_zero: tuple[NDArray[np.uint8], ...]
    """[rows of the span] zero low mantissa bits (float coding)."""
    steps_at: tuple[tuple[int, int, int], ...]
    """(first step, number of steps, step axis) of each span (uniform coding)."""
    kernels: Kernels = NUMPY
    """The loops over symbols."""
    predictor: Predictor | None = None
    """Where the predictions of a predicted group come from."""

    @property
    def symbol_dtype(self) -> DType:
        """What integers are coded as: in predicted groups a signed difference of their width."""
        dtype = self.group.dtype
        return difference_dtype(dtype) if self.group.predicted else dtype

    def parts(self, first: int, count: int) -> Iterator[Part]:
        """Yield the stretches of spans that a segment holds."""
        return parts(self.layout, first, count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbols:
    """What a dense segment says about its elements."""

    tokens: NDArray[np.uint8]
    """[count] one token an element."""
    sides: NDArray[np.uint32]
    """Side values of the symbols that have side bits, in order."""
    side_widths: NDArray[np.uint8]
    """Their widths in bits."""
    raw: NDArray[np.uint64]
    """Raw fields of the elements whose token is not 0 (float coding)."""


def table_indices(context: GroupContext, first: int, count: int) -> NDArray[np.uint16]:
    """Return the table of each symbol first .. first + count of the group."""
    group = context.group
    out = np.empty(count, np.uint16)
    for part in context.parts(first, count):
        if group.predicted:
            found = predicted_tables(context, part, predictions(context, part))
            out[part.at : part.at + part.count] = found
            continue
        span = context.layout.spans[part.span]
        out[part.at : part.at + part.count] = dense_tables(
            span.shape,
            context.classes[part.span],
            int(group.context_bias[part.span]),
            group.table_map,
            part.first,
            part.count,
        )
    return out


# ------------------------------------------------------------------------------------ predictions


def predictions(context: GroupContext, part: Part) -> NDArray[Any]:
    """Return the predicted pattern of each element of a part; that of both halves is the whole."""
    span, predictor = context.layout.spans[part.span], context.predictor
    if predictor is None:
        raise UsageError("a predicted group without a root")
    first = span.offset + part.first
    if not (context.group.coding == INT and context.group.dtype.bits == 64):
        return predictor.patterns(span.number, first, part.count)
    begin, stop = first // 2, (first + part.count + 1) // 2
    whole = predictor.patterns(span.number, begin, stop - begin)
    return np.repeat(whole, 2)[first - 2 * begin :][: part.count]


def predicted_contexts(
    context: GroupContext, part: Part, predicted: NDArray[Any]
) -> NDArray[np.uint8]:
    """Return the context of each element of a part of a predicted group."""
    group, span = context.group, context.layout.spans[part.span]
    out = np.empty(part.count, np.uint8)
    for at in range(0, part.count, CHUNK):
        here = predicted[at : at + CHUNK]
        sums = class_sums(span.shape, context.classes[part.span], part.first + at, here.size)
        out[at : at + CHUNK] = contexts(
            sums + np.int32(group.context_bias[part.span]),
            here,
            group.dtype,
            group.context_scale,
            group.root_classes,
        )
    return out


def predicted_tables(
    context: GroupContext, part: Part, predicted: NDArray[Any]
) -> NDArray[np.uint8]:
    """Return the table (or walk class) of each element of a part; by pattern where that is less."""
    group, classes = context.group, context.classes[part.span]
    by_pattern = all(vector is None for vector in classes) and predicted.itemsize <= 2
    if not by_pattern or part.count < 1 << 8 * predicted.itemsize:
        return group.table_map.take(predicted_contexts(context, part, predicted))
    rules = group.dtype, group.context_scale, group.root_classes
    tables = group.table_map.take(contexts_of_all(int(group.context_bias[part.span]), *rules))
    out = np.empty(part.count, tables.dtype)
    for at in range(0, part.count, CHUNK):
        tables.take(predicted[at : at + CHUNK], out=out[at : at + CHUNK], mode="wrap")
    return out


# ----------------------------------------------------------------------- float coding, raw fields


def read_float(
    context: GroupContext,
    first: int,
    token: NDArray[np.uint8],
    end_words: NDArray[np.uint16],
    tail: NDArray[np.uint8],
) -> list[tuple[Part, NDArray[np.unsignedinteger]]]:
    """Return the bit patterns of a segment's elements, part by part."""
    group, layout = context.group, float_layout(context.group)
    pieces = list(context.parts(first, token.size))
    side_widths = exact.side_widths(token, group.exponent_count, layout)
    counts, widths = raw_rows(context, pieces, token != 0)
    raw, used = rawrows.read_rows(tail, counts, widths)
    present = side_widths[token != 0]
    stream = side_stream(end_words, tail[used:], int(present.sum(dtype=np.int64)))
    sides = context.kernels.read_variable(stream, present)

    out = []
    done = 0
    for part in pieces:
        here = token[part.at : part.at + part.count]
        coded = int(np.count_nonzero(here))
        symbols = Symbols(
            tokens=here,
            sides=sides[done : done + coded],
            side_widths=side_widths[part.at : part.at + part.count],
            raw=raw[done : done + coded],
        )
        out.append((part, _join(context, part, symbols, layout)))
        done += coded
    return out


def _join(
    context: GroupContext, part: Part, symbols: Symbols, layout: FloatLayout
) -> NDArray[np.unsignedinteger]:
    escape = 4 * context.group.exponent_count + 1
    present = symbols.tokens != 0
    signs = np.zeros(symbols.tokens.size, np.uint8)
    signs[present] = symbols.sides & 1
    coded = symbols.tokens[present]
    return exact.float_join(
        symbols.tokens,
        signs,
        symbols.sides[coded == escape] >> 1,
        symbols.raw,
        part_low_zeros(context, part),
        layout,
        int(context.group.first_exponent[part.span]),
        context.group.exponent_count,
    )


def split_float(
    context: GroupContext, part: Part, patterns: NDArray[np.unsignedinteger]
) -> Symbols:
    """Return the symbols of the elements of one part: the inverse of read_float's last step."""
    split = exact.float_split(
        patterns,
        part_low_zeros(context, part),
        float_layout(context.group),
        int(context.group.first_exponent[part.span]),
        context.group.exponent_count,
    )
    return Symbols(
        tokens=split.tokens, sides=split.side_values, side_widths=split.side_widths, raw=split.raw
    )


def float_layout(group: Group) -> FloatLayout:
    """Return the float layout of a group; group units with another dtype are refused before."""
    return group.dtype.layout or FloatLayout(0, 0)


def part_low_zeros(context: GroupContext, part: Part) -> NDArray[np.uint8] | int:
    """Return the zero low bits of a part: one number, or one for each element."""
    span = context.layout.spans[part.span]
    row, edges = rows_of(span, part)
    zeros = context.low_zero[part.span][row : row + edges.size - 1]
    if (zeros == zeros[0]).all():
        return int(zeros[0])
    return np.repeat(zeros, np.diff(edges))


def raw_rows(
    context: GroupContext, pieces: Sequence[Part], coded: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the number of raw fields, and their width, in each row of a segment."""
    mantissa_bits = float_layout(context.group).mantissa_bits
    counts: list[NDArray[np.int64]] = []
    widths: list[NDArray[np.int64]] = []
    for part in pieces:
        row, edges = rows_of(context.layout.spans[part.span], part)
        zeros = context.low_zero[part.span][row : row + edges.size - 1]
        here = coded[part.at : part.at + part.count]
        counts.append(np.add.reduceat(here, edges[:-1], dtype=np.int64))
        widths.append(mantissa_bits - 2 - zeros.astype(np.int64))
    return np.concatenate(counts), np.concatenate(widths)


# ------------------------------------------------------------------- integers: magnitude and sign


def read_signed(
    context: GroupContext,
    token: NDArray[np.uint8],
    end_words: NDArray[np.uint16],
    tail: NDArray[np.uint8],
) -> SignedCodes:
    """Return sign and magnitude of a segment's elements, as codes."""
    hybrid = context.group.hybrid
    large = signed.find_large(token, hybrid)
    stream = side_stream(end_words, tail, large.side_bits)
    return context.kernels.join_signed(token, stream, hybrid, large)


def read_unsigned(
    context: GroupContext,
    token: NDArray[np.uint8],
    end_words: NDArray[np.uint16],
    tail: NDArray[np.uint8],
) -> NDArray[np.uint32]:
    """Return the unsigned values of a segment's elements."""
    hybrid = context.group.hybrid
    widths = tokens.extra_widths(token, hybrid)
    present = np.flatnonzero(widths)
    extra = np.zeros(token.size, np.uint32)
    stream = side_stream(end_words, tail, int(widths.sum(dtype=np.int64)))
    extra[present] = context.kernels.read_variable(stream, widths[present])
    return tokens.join(token, extra, hybrid)


def split_integers(
    group: Group, with_sign: bool, magnitude: NDArray[np.uint32], negative: NDArray[np.bool_] | None
) -> Symbols:
    """Return the symbols of magnitudes and signs: the inverse of reading them."""
    token, extra, widths = tokens.split(magnitude, group.hybrid)
    if with_sign and negative is not None:
        extra = extra << np.uint32(1) | negative
        widths = widths + (token != 0)
    present = widths > 0
    return Symbols(
        tokens=token,
        sides=extra[present].astype(np.uint32),
        side_widths=widths[present].astype(np.uint8),
        raw=np.zeros(0, np.uint64),
    )
