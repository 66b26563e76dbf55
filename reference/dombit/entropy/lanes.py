"""Lanes: interleaved rANS over rounds of N symbols (chapter 11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.entropy.rounds import Layout, batches, blocks, collect, lanes_of, lay_out, spread_all
from dombit.entropy.tables import symbol_table
from dombit.entropy.words import Draw, WordsOfMany, WordsOfOne, check_words, give_words
from dombit.errors import UsageError, fail

LOW = 1 << 16
"""Lower end of the interval of states, and the end state of a lane without payload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneInput:
    """What the lanes of one segment are decoded from."""

    states: NDArray[np.uint32]
    """[N] start states."""
    words: NDArray[np.uint16]
    """All words of the segment, in the order in which they are drawn."""
    tables: NDArray[Any]
    """[count] unsigned or signed integers: the symbols' rows in the pool of slot tables."""
    where: str = ""
    """Name of the segment in errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneOutput:
    """Decoded symbols of one segment."""

    tokens: NDArray[np.uint8]
    """[count] in symbol order."""
    end_states: NDArray[np.uint32]
    """[N] states after the last round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneSymbols:
    """What the lanes of one segment are encoded from."""

    tokens: NDArray[np.uint8]
    """[count] in symbol order."""
    tables: NDArray[Any]
    """[count] rows of the frequencies."""
    lanes: int
    """N, a power of two in a stream."""
    end_words: NDArray[np.uint16] | None = None
    """[N] payload that the decoder finds in its end states."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneCode:
    """Code of one segment."""

    states: NDArray[np.uint32]
    """[N] start states of the decoder."""
    words: NDArray[np.uint16]
    """Words in the order in which the decoder draws them."""


def decode_lanes(inputs: Sequence[LaneInput], slots: NDArray[np.uint32]) -> list[LaneOutput]:
    """Decode the lanes of all segments at once; `slots` is [tables + 1, 4096], idle table last.

    The first broken segment is reported, however they are batched. Raises DombitError
    forbidden-value (start states), malformed (tables, words). End states are not judged here.
    """
    outputs: list[LaneOutput] = []
    for batch in batches([each.states.size for each in inputs]):
        some = inputs[batch]
        sound = len(some) > 1 and all(_sound(each, slots) for each in some)
        together = _decode_batch(some, slots) if sound else None
        outputs += together or [_decode_alone(each, slots) for each in some]
    return outputs


def encode_lanes(inputs: Sequence[LaneSymbols], frequencies: NDArray[np.uint16]) -> list[LaneCode]:
    """Encode the lanes of all segments: the exact inverse; `frequencies` is [tables, 256].

    Raises UsageError where a symbol's table is missing, or its token has frequency 0 there.
    """
    check_tables(inputs, frequencies)
    packed = symbol_table(frequencies)
    lanes = [each.lanes for each in inputs]
    return [code for some in batches(lanes) for code in _encode_batch(inputs[some], packed)]


def check_end_states(
    end_states: NDArray[Any], expected: int | NDArray[Any] = LOW, where: str = ""
) -> None:
    """Refuse (integrity) lanes that do not end where the encoder began.

    With end payload the caller compares the high halves (`end_states >> 16`) with 1.
    """
    wrong = np.flatnonzero(end_states != expected)
    if wrong.size:
        message = f"{wrong.size} lanes end in a wrong state, the first is lane {wrong[0]}"
        fail("integrity", "R-ENT-014", message, stage="segment", unit=where or None)


# ---------------------------------------------------------------------------------------- checks


def check_input(each: LaneInput, slots: NDArray[np.uint32]) -> None:
    """Refuse start states outside the interval, and symbols whose table is missing."""
    if each.states.size and int(each.states.min()) < LOW:
        message = f"start state {each.states.min():#x} is below 0x10000"
        fail("forbidden-value", "R-ENT-010", message, stage="segment", unit=each.where or None)
    if not _in_pool(each.tables, slots.shape[0] - 1):
        message = f"a symbol asks for a table that is not among the {slots.shape[0] - 1} sent"
        fail("malformed", "R-ENT-011", message, stage="segment", unit=each.where or None)


def check_tables(inputs: Sequence[LaneSymbols], frequencies: NDArray[np.uint16]) -> None:
    """Raise UsageError where symbols to be encoded name no table, or parts disagree in size."""
    for each in inputs:
        if not _in_pool(each.tables, frequencies.shape[0]):
            raise UsageError("a symbol asks for a table that is not there")
        if each.tables.size != each.tokens.size:
            raise UsageError("there is not one table for each token")


def refuse_impossible(impossible: bool) -> None:
    """Raise UsageError for a token that its table does not hold."""
    if impossible:
        raise UsageError("a token occurs whose frequency is 0 in its table")


def _sound(each: LaneInput, slots: NDArray[np.uint32]) -> bool:
    states = not each.states.size or int(each.states.min()) >= LOW
    return states and _in_pool(each.tables, slots.shape[0] - 1)


def _in_pool(tables: NDArray[Any], count: int) -> bool:
    return not tables.size or (int(tables.min()) >= 0 and int(tables.max()) < count)


# ---------------------------------------------------------------------------------------- decode


def _decode_alone(each: LaneInput, slots: NDArray[np.uint32]) -> LaneOutput:
    check_input(each, slots)
    words = WordsOfOne(each.words)
    outputs = _decode_rounds([each], _lay_out([each]), slots, words.draw)
    check_words(words.used, each.words.size, each.where)
    return outputs[0]


def _decode_batch(
    inputs: Sequence[LaneInput], slots: NDArray[np.uint32]
) -> list[LaneOutput] | None:
    """Return what the segments hold, or None if the words of any do not fit."""
    layout = _lay_out(inputs)
    words = WordsOfMany([inputs[i].words for i in layout.order], layout.edges)
    outputs = _decode_rounds(inputs, layout, slots, words.draw)
    return outputs if words.complete else None


def _lay_out(inputs: Sequence[LaneInput]) -> Layout:
    return lay_out([each.states.size for each in inputs], [each.tables.size for each in inputs])


def _decode_rounds(
    inputs: Sequence[LaneInput], layout: Layout, slots: NDArray[np.uint32], draw: Draw
) -> list[LaneOutput]:
    """Run all rounds; stop early where `draw` has no words (the caller sees that)."""
    tables = [each.tables for each in inputs]
    tokens = [np.empty(each.tables.size, np.uint8) for each in inputs]
    states = np.concatenate([inputs[i].states for i in layout.order]).astype(np.uint32)
    flat = np.ascontiguousarray(slots).reshape(-1)
    for block in blocks(layout) if inputs else ():
        entries = spread_all(layout, block, tables, slots.shape[0] - 1)
        entries <<= 12
        if not _decode_block(entries, states[: entries.shape[1]], flat, draw, block[2]):
            break
        collect(layout, block, entries, tokens)
    return [
        LaneOutput(tokens=tokens[i], end_states=lanes_of(layout, states, i).copy())
        for i in range(len(inputs))
    ]


def _decode_block(
    entries: NDArray[np.uint32],
    states: NDArray[np.uint32],
    flat: NDArray[np.uint32],
    draw: Draw,
    active: int,
) -> bool:
    """Decode the rounds of a block: `entries` goes in as `table << 12`, out as slot entries.

    All in uint32, in place. A later trellis would add its state bit to the index here.
    """
    part, index = np.empty_like(states), np.empty(states.size, np.intp)
    low = np.empty(states.size, np.bool_)
    for entry in entries:
        np.bitwise_and(states, 0xFFF, out=part)
        part |= entry
        index[:] = part
        flat.take(index, out=entry, mode="wrap")  # "wrap" is fast; indices were checked before
        states >>= 12
        np.right_shift(entry, 20, out=part)
        part += 1
        states *= part
        np.right_shift(entry, 8, out=part)
        part &= 0xFFF
        states += part
        np.less(states, LOW, out=low)
        needy = low.nonzero()[0]
        words = draw(needy, active)
        if words is None:
            return False
        states[needy] = states[needy] << 16 | words
    return True


# ---------------------------------------------------------------------------------------- encode


def _encode_batch(inputs: Sequence[LaneSymbols], packed: NDArray[np.uint32]) -> list[LaneCode]:
    layout = lay_out([each.lanes for each in inputs], [each.tokens.size for each in inputs])
    states = np.concatenate([states_at_end(inputs[i]) for i in layout.order])
    room = np.cumsum([inputs[i].tokens.size for i in layout.order])
    words, next_word = np.empty(int(room[-1]), np.uint16), room.copy()
    for block in reversed(list(blocks(layout))):
        symbols = _symbols_of(inputs, layout, block, packed)
        edges = layout.edges[: block[2] + 1]
        _encode_block(symbols, states[: symbols.shape[1]], words, next_word[: block[2]], edges)
    codes: list[tuple[int, LaneCode]] = []
    for place, i in enumerate(layout.order):
        part = states[layout.edges[place] : layout.edges[place + 1]].copy()
        code = LaneCode(states=part, words=words[next_word[place] : room[place]].copy())
        codes.append((i, code))
    return [code for _, code in sorted(codes, key=lambda pair: pair[0])]


def states_at_end(each: LaneSymbols) -> NDArray[np.uint32]:
    """Return the states [N] that encoding begins, and decoding ends, with."""
    if each.end_words is None:
        return np.full(each.lanes, LOW, np.uint32)
    return each.end_words.astype(np.uint32) + np.uint32(LOW)


def _symbols_of(
    inputs: Sequence[LaneSymbols],
    layout: Layout,
    block: tuple[int, int, int],
    packed: NDArray[np.uint32],
) -> NDArray[np.uint32]:
    """Return [rounds, lanes] entries `cum << 16 | f` of the symbols of a block."""
    index = spread_all(layout, block, [each.tables for each in inputs], packed.size // 256 - 1)
    index <<= 8
    index |= spread_all(layout, block, [each.tokens for each in inputs], 0)
    symbols = packed[index]
    refuse_impossible(not (symbols & 0xFFFF).all())
    return symbols


def _encode_block(
    symbols: NDArray[np.uint32],
    states: NDArray[np.uint32],
    words: NDArray[np.uint16],
    next_word: NDArray[np.int64],
    edges: NDArray[np.int64],
) -> None:
    """Encode the rounds of a block, the last one first, in place.

    A state gives a word away if it is >= f << 20, compared without overflow as x >> 20 >= f.
    """
    frequency, before = symbols & 0xFFFF, symbols >> 16
    quotient, full = np.empty_like(states), np.empty(states.size, np.bool_)
    for f, cum in zip(frequency[::-1], before[::-1], strict=True):
        np.right_shift(states, 20, out=quotient)
        np.greater_equal(quotient, f, out=full)
        lanes = full.nonzero()[0]
        give_words(states, lanes, words, next_word, edges)
        np.floor_divide(states, f, out=quotient)
        quotient *= 4096 - f
        states += quotient  # q * 4096 + (x - q * f)
        states += cum
