"""Rebuild: decoded symbols as elements in their tensors (chapters 12 and 14)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import pattern_type, unzigzag
from dombit.dtypes import DType, pack_bits
from dombit.entropy import lanes, signed, tokens
from dombit.entropy.signed import SignedCodes
from dombit.layout import Layout, Part, Span
from dombit.prediction.differences import add_difference, add_values
from dombit.predictor import Predictor
from dombit.quantization import integers, uniform
from dombit.records import FLOAT, INT, UNIFORM, Group, Segment
from dombit.symbols import (
    GroupContext,
    predictions,
    read_float,
    read_signed,
    read_unsigned,
)

Outputs = dict[int, NDArray[np.uint8]]
"""Canonical bytes of each tensor that is no alias, by number; zero before they are decoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A dense segment that waits for its turn in a batch."""

    context: GroupContext
    frequencies: NDArray[np.uint16]
    segment: Segment
    where: str = ""
    """The unit that holds it."""
    at: int | None = None
    """Offset of that unit in the stream."""
    tell: Callable[[NDArray[np.uint8] | None], None] | None = None
    """In a traced decoding: tells of the tail, given the tokens; None: they are not decoded."""


def rebuild(item: Pending, output: lanes.LaneOutput, outputs: Outputs) -> None:
    """Put the elements of one decoded segment into their tensors."""
    context, segment = item.context, item.segment
    group = context.group
    words = check_lanes(item, output)
    tail = np.frombuffer(segment.tail, np.uint8)

    if group.coding == FLOAT:
        for part, patterns in read_float(context, segment.first, output.tokens, words, tail):
            place(outputs, context.layout.spans[part.span], part, patterns)
        return
    if group.coding != UNIFORM and not integers.has_sign(context.symbol_dtype):
        values = read_unsigned(context, output.tokens, words, tail)
        for part in context.parts(segment.first, segment.count):
            patterns = _unsigned(values[part.at : part.at + part.count], group.dtype)
            place(outputs, context.layout.spans[part.span], part, patterns)
        return
    codes = read_signed(context, output.tokens, words, tail)
    for part in context.parts(segment.first, segment.count):
        span = context.layout.spans[part.span]
        here = signed.part_of(codes, part.at, part.count)
        if group.predicted:
            place(outputs, span, part, _from_prediction(context, part, here))
            continue
        if group.coding == INT:
            place(outputs, span, part, _signed(here, group))
            continue
        room = room_of(outputs, span, part)
        patterns = _dequantize(context, part, here, room)
        if patterns is not room:
            place(outputs, span, part, patterns)


def check_lanes(item: Pending, output: lanes.LaneOutput) -> NDArray[np.uint16]:
    """Check the end states of a segment, and return the words of side bits that they carry."""
    if item.segment.end_payload:
        lanes.check_end_states(output.end_states >> 16, 1, item.where)
        return (output.end_states & 0xFFFF).astype(np.uint16)
    lanes.check_end_states(output.end_states, 1 << 16, item.where)
    return np.zeros(0, np.uint16)


def _unsigned(values: NDArray[np.uint32], dtype: DType) -> NDArray[np.unsignedinteger]:
    """Return the patterns of unsigned values; halves of 64-bit integers stay as they are."""
    return values if dtype.bits == 64 else integers.int_join(values, None, dtype)


def _signed(codes: SignedCodes, group: Group) -> NDArray[np.unsignedinteger]:
    return integers.int_join(*signed.magnitudes(codes, group.hybrid), group.dtype)


def _from_prediction(
    context: GroupContext, part: Part, codes: SignedCodes
) -> NDArray[np.unsignedinteger]:
    """Return the patterns of predictions and the differences from them."""
    predicted, hybrid = predictions(context, part), context.group.hybrid
    if context.group.coding != INT:
        return changed(context, part, predicted, signed.magnitudes(codes, hybrid))
    out = np.empty_like(predicted)
    for at in range(0, part.count, signed.CHUNK):  # what is at hand stays in the cache
        here = predicted[at : at + signed.CHUNK]
        difference = signed.magnitudes(signed.part_of(codes, at, here.size), hybrid)
        out[at : at + signed.CHUNK] = changed(context, part, here, difference)
    return out


def changed(
    context: GroupContext,
    part: Part,
    predicted: NDArray[np.unsignedinteger],
    difference: tuple[NDArray[np.uint32], NDArray[np.bool_]],
    some: NDArray[np.int64] | None = None,
) -> NDArray[np.unsignedinteger]:
    """Return the patterns that lie a difference (magnitude and sign) beside the prediction.

    All are of the elements of a part, or, in order, of `some` of them.
    """
    group, (values, negative) = context.group, difference
    if group.coding == INT:
        differences = integers.int_join(values, negative, context.symbol_dtype)
        return add_difference(predicted, differences, group.dtype)
    mantissa, exponent = steps_of(context, part)
    if some is not None:
        mantissa = mantissa[some] if isinstance(mantissa, np.ndarray) else mantissa
        exponent = exponent[some] if isinstance(exponent, np.ndarray) else exponent
    levels = integers.levels_join(values, negative)
    products = uniform.scaled(levels, mantissa, exponent, group.dtype)
    return add_values(predicted, products, group.dtype)


def _dequantize(
    context: GroupContext,
    part: Part,
    codes: SignedCodes,
    room: NDArray[np.unsignedinteger] | None,
) -> NDArray[np.unsignedinteger]:
    """Return the patterns of levels; with one step small levels come from a table of values.

    They are written to `room` then, if there is one.
    """
    group = context.group
    mantissa, exponent = steps_of(context, part)
    if (
        isinstance(mantissa, np.ndarray)
        or isinstance(exponent, np.ndarray)
        or codes.every is not None
    ):
        levels = integers.levels_join(*signed.magnitudes(codes, group.hybrid))
        return uniform.values(levels, mantissa, exponent, group.dtype)
    every = uniform.table_of_values(
        tokens.meaning_of(group.hybrid).base, codes.largest, mantissa, exponent, group.dtype
    )
    patterns = np.empty(part.count, every.dtype) if room is None else room
    context.kernels.look_up(codes.codes, every, patterns)
    if codes.large.size:
        large = signed.some_of(codes)
        levels = integers.levels_join(*signed.magnitudes(large, group.hybrid))
        patterns[codes.large] = uniform.values(levels, mantissa, exponent, group.dtype)
    return patterns


def steps_of(
    context: GroupContext, part: Part
) -> tuple[NDArray[np.int64] | int, NDArray[np.int64] | int]:
    """Return mantissa and exponent of the step of each element of a part (or one for all)."""
    group, span = context.group, context.layout.spans[part.span]
    first, count, axis = context.steps_at[part.span]
    mantissa = group.step_mantissa[first : first + count]
    exponent = group.step_exponent[first : first + count]
    if axis == 0 or count == 1:
        return int(mantissa[0]), int(exponent[0])
    inner = int(np.prod(span.coded[axis:], dtype=np.int64))
    places = np.arange(part.first, part.first + part.count, dtype=np.int64) + span.offset
    index = places // inner % count
    return mantissa[index], exponent[index]


def room_of(outputs: Outputs, span: Span, part: Part) -> NDArray[np.unsignedinteger] | None:
    """Return where the elements of a part belong, if they can be written there as they are."""
    kind = pattern_type(span.tensor.dtype)
    here = np.dtype(kind).newbyteorder("<")
    if span.number not in outputs or span.tensor.dtype.bits < 8 or here != kind:
        return None
    first = span.offset + part.first
    return outputs[span.number].view(here)[first : first + part.count]


def place(outputs: Outputs, span: Span, part: Part, patterns: NDArray[np.unsignedinteger]) -> None:
    """Write the elements of a part into the bytes of their tensor, if that one is wanted."""
    if span.number not in outputs:
        return
    out, dtype = outputs[span.number], span.tensor.dtype
    first = span.offset + part.first
    if dtype.bits < 8:
        _place_packed(out, dtype, first, patterns.astype(np.uint8))
    elif dtype.bits == 64 and patterns.dtype == np.uint32 and dtype.family != "complex":
        halves = out.view("<u4")
        places = np.arange(first, first + part.count) ^ 1  # the high half comes first in a stream
        halves[places] = patterns
    else:
        view = out.view(patterns.dtype.newbyteorder("<"))
        view[first : first + part.count] = patterns


def _place_packed(
    out: NDArray[np.uint8], dtype: DType, first: int, values: NDArray[np.uint8]
) -> None:
    """Write elements narrower than a byte; a neighbour may share the first or last byte."""
    lead = first % (8 // math.gcd(dtype.bits, 8))
    packed = pack_bits(np.concatenate([np.zeros(lead, np.uint8), values]), dtype.bits)
    byte = (first - lead) * dtype.bits >> 3
    out[byte : byte + packed.size] |= packed


def fill_constants(group: Group, layout: Layout, outputs: Outputs) -> None:
    """Fill the tensors of a constant group."""
    size = group.dtype.constant_bytes
    constants = np.frombuffer(group.constants, np.uint8)
    for place, span in enumerate(layout.spans):
        element = constants[place * size : (place + 1) * size]
        if span.number not in outputs:
            continue
        out = outputs[span.number]
        if group.dtype.bits >= 8:
            out.reshape(-1, size)[:] = element
        else:
            _place_packed(out, group.dtype, 0, np.repeat(element, span.count))


def finish_integers(
    group: Group, spans: Sequence[Span], outputs: Outputs, predictor: Predictor | None = None
) -> None:
    """Undo the zigzag of signed 64-bit integers, once all their halves are there.

    Differences are added to their predictions. A tensor is finished with its last group: two
    groups may share a pair of halves.
    """
    signed_halves = group.dtype.signed or group.predicted
    if group.coding != INT or group.dtype.bits != 64 or not signed_halves:
        return
    for span in spans:
        halves = outputs[span.number].view("<u8")
        if span.offset + span.count < 2 * halves.size:
            continue
        for at in range(0, halves.size, 1 << 20):
            part = halves[at : at + (1 << 20)]
            whole = unzigzag(part).view(np.uint64)
            if group.predicted and predictor is not None:
                predicted = predictor.patterns(span.number, at, whole.size)
                whole = add_difference(predicted, whole, group.dtype)
            part[:] = whole
