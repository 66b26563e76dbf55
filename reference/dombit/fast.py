"""Fast: numba twins of the loops over symbols, equal to them bit for bit (chapter 11)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.compiled import compiled
from dombit.entropy.lanes import (
    LOW,
    LaneCode,
    LaneInput,
    LaneOutput,
    LaneSymbols,
    check_input,
    check_tables,
    refuse_impossible,
    states_at_end,
)
from dombit.entropy.rawbits import check_fields, pad
from dombit.entropy.signed import Large, SignedCodes
from dombit.entropy.tables import symbol_table
from dombit.entropy.tokens import meaning_of
from dombit.entropy.words import check_words
from dombit.errors import MissingExtra
from dombit.fast_walks import places
from dombit.kernels import Kernels
from dombit.records import Hybrid


@lru_cache(maxsize=1)
def trouble() -> str | None:
    """Return why numba, though installed, does not work here; None where it does.

    It is imported and compiles one loop; both are kept. Raises MissingExtra where it is missing.
    """
    try:
        read_variable(np.array([5], np.uint8), np.array([3], np.uint8))
    except (MissingExtra, MemoryError):
        raise
    except Exception as fault:  # whatever a broken installation raises
        lines = str(fault).strip().splitlines()
        return f"{type(fault).__name__}: {lines[0]}" if lines else type(fault).__name__
    return None


def decode_lanes(inputs: Sequence[LaneInput], slots: NDArray[np.uint32]) -> list[LaneOutput]:
    """Decode the lanes of segments one after another: the twin of entropy.lanes.decode_lanes."""
    kernel, flat = compiled(_decode), np.ascontiguousarray(slots).reshape(-1)
    outputs = []
    for each in inputs:
        check_input(each, slots)
        states = each.states.astype(np.uint32)
        tokens = np.empty(each.tables.size, np.uint8)
        # A round draws at most a word a lane, and whether there were enough is checked after it.
        words = np.concatenate([each.words, np.zeros(states.size + 1, np.uint16)])
        used = kernel(states, words, each.words.size, _narrow(each.tables), flat, tokens)
        check_words(used, each.words.size, each.where)
        outputs.append(LaneOutput(tokens=tokens, end_states=states))
    return outputs


def encode_lanes(inputs: Sequence[LaneSymbols], frequencies: NDArray[np.uint16]) -> list[LaneCode]:
    """Encode the lanes of segments: the twin of entropy.lanes.encode_lanes."""
    check_tables(inputs, frequencies)
    kernel, packed = compiled(_encode), symbol_table(frequencies)
    inverse = 1.0 / np.maximum(np.arange(4097), 1)
    codes = []
    for each in inputs:
        states = states_at_end(each)
        words = np.empty(each.tokens.size, np.uint16)
        first = kernel(states, words, each.tokens, _narrow(each.tables), packed, inverse)
        refuse_impossible(first < 0)
        codes.append(LaneCode(states=states, words=words[first:].copy()))
    return codes


def read_variable(data: NDArray[np.uint8], widths: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return fields of variable width: the twin of entropy.rawbits.read_variable."""
    check_fields(data, widths)
    values = np.empty(widths.size, np.uint32)
    window = pad(data)
    compiled(_read_fields)(window[: window.size // 4 * 4].view("<u4"), widths, values)
    return values


def write_variable(values: NDArray[np.uint32], widths: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the bytes of such fields: the twin of entropy.rawbits.write_variable."""
    bits = int(widths.sum(dtype=np.int64))
    words = np.zeros(bits // 32 + 2, "<u4")
    compiled(_write_fields)(words, widths, values)
    return words.view(np.uint8)[: (bits + 7) // 8]


def join_signed(
    tokens: NDArray[np.uint8], stream: NDArray[np.uint8], hybrid: Hybrid, large: Large
) -> SignedCodes:
    """Return the codes of signed values: the twin of entropy.signed.join_signed."""
    widths = meaning_of(hybrid).width
    codes = np.empty(tokens.size, np.uint16)
    extra = np.empty(tokens.size if large.many else large.places.size, np.uint32)
    padded = pad(stream)
    window = padded[: padded.size // 4 * 4].view("<u4")
    compiled(_join_signs)(window, tokens, widths, codes, extra, large.many)
    few = extra[:0] if large.many else extra
    return SignedCodes(
        tokens=tokens,
        codes=codes,
        large=large.places,
        extra=few,
        every=extra if large.many else None,
    )


def look_up(codes: NDArray[np.uint16], table: NDArray[Any], out: NDArray[Any]) -> None:
    """Write table[codes] to `out`: the twin of entropy.signed.look_up."""
    compiled(_look_up)(codes, table, out)


def kernels() -> Kernels:
    """Return the compiled loops as one record."""
    return Kernels(
        decode_lanes=decode_lanes,
        encode_lanes=encode_lanes,
        read_variable=read_variable,
        write_variable=write_variable,
        join_signed=join_signed,
        look_up=look_up,
        places=places,
        parallel=True,
    )


def _narrow(tables: NDArray[Any]) -> NDArray[Any]:
    """Return table indices in one type, so that a kernel is compiled once."""
    small = tables.dtype == np.uint16 or not tables.size or int(tables.max()) < LOW
    return np.ascontiguousarray(tables, np.uint16 if small else np.uint32)


# ----------------------------------------------------------------- kernels: plain loops, no checks


def _decode(  # noqa: PLR0917 - numba's kernels take arrays, by position
    states: NDArray[np.uint32],
    words: NDArray[np.uint16],
    available_words: int,
    tables: NDArray[Any],
    flat: NDArray[np.uint32],
    tokens: NDArray[np.uint8],
) -> int:
    """Decode one segment in place; return the words used, more than there are if too few."""
    lanes, used = states.size, 0
    for first in range(0, tokens.size, lanes):
        active = min(lanes, tokens.size - first)
        # Views of one round, indexed from 0 on: numba then drops its care for negative indices.
        state_of, table_of = states[:active], tables[first : first + active]
        token_of = tokens[first : first + active]
        for lane in range(active):
            state = np.uint64(state_of[lane])
            place = np.uint64(table_of[lane]) << np.uint64(12) | state & np.uint64(0xFFF)
            entry = np.uint64(flat[place])
            token_of[lane] = entry & np.uint64(0xFF)
            state = ((entry >> np.uint64(20)) + np.uint64(1)) * (state >> np.uint64(12))
            state += entry >> np.uint64(8) & np.uint64(0xFFF)
            low = np.uint64(state < np.uint64(65536))  # no branch: nobody can foresee it
            word = np.uint64(words[np.uint64(used)]) & (np.uint64(0) - low)
            state_of[lane] = state << (low << np.uint64(4)) | word
            used += int(low)
        if used > available_words:
            break
    return used


def _encode(  # noqa: PLR0917
    states: NDArray[np.uint32],
    words: NDArray[np.uint16],
    tokens: NDArray[np.uint8],
    tables: NDArray[Any],
    packed: NDArray[np.uint32],
    inverse: NDArray[np.float64],
) -> int:
    """Encode one segment in place; return the first word, or -1: a frequency is 0.

    The quotient is exact: (x + 1/2) / f is at least 2^-13 away from integers, and the product
    with the inverse errs by less than 2^-19.
    """
    lanes, count = states.size, tokens.size
    next_word = count
    for symbol in range(count - 1, -1, -1):
        entry = packed[np.int64(tables[symbol]) << 8 | np.int64(tokens[symbol])]
        frequency = np.int64(entry & 0xFFFF)
        if frequency == 0:
            return -1
        lane = symbol % lanes
        state = np.int64(states[lane])
        if state >> 20 >= frequency:
            next_word -= 1
            words[next_word] = state & 0xFFFF
            state >>= 16
        quotient = np.int64((state + 0.5) * inverse[frequency])
        states[lane] = state + quotient * (4096 - frequency) + np.int64(entry >> 16)
    return next_word


def _read_fields(
    window: NDArray[np.uint32], widths: NDArray[np.uint8], values: NDArray[np.uint32]
) -> None:
    """Read fields one after another through a buffer of 64 bits."""
    buffer, held, word = np.uint64(0), 0, 0
    for i in range(widths.size):
        width = int(widths[i])
        if held < 32:
            buffer |= np.uint64(window[word]) << np.uint64(held)
            word += 1
            held += 32
        values[i] = buffer & ((np.uint64(1) << np.uint64(width)) - np.uint64(1))
        buffer >>= np.uint64(width)
        held -= width


def _write_fields(
    words: NDArray[np.uint32], widths: NDArray[np.uint8], values: NDArray[np.uint32]
) -> None:
    """Write fields one after another through a buffer of 64 bits."""
    buffer, held, word = np.uint64(0), 0, 0
    for i in range(widths.size):
        buffer |= np.uint64(values[i]) << np.uint64(held)
        held += int(widths[i])
        if held >= 32:
            words[word] = buffer & np.uint64(0xFFFFFFFF)
            buffer >>= np.uint64(32)
            word += 1
            held -= 32
    words[word] = buffer


def _join_signs(  # noqa: PLR0917 - a compiled loop takes arrays, not records
    window: NDArray[np.uint32],
    tokens: NDArray[np.uint8],
    widths: NDArray[np.uint8],
    codes: NDArray[np.uint16],
    extra: NDArray[np.uint32],
    many: bool,
) -> None:
    """Read the sign of each value that is not 0, and extra bits: of large ones, or of all."""
    buffer, held, word, wide = np.uint64(0), 0, 0, 0
    for i in range(tokens.size):
        token = tokens[i]
        if held < 32:
            buffer |= np.uint64(window[word]) << np.uint64(held)
            word += 1
            held += 32
        coded = np.uint64(token != 0)
        codes[i] = np.uint64(token) | (buffer & coded) << np.uint64(8)
        buffer >>= coded
        held -= int(coded)
        width = int(widths[token])
        if width or many:
            extra[wide] = buffer & ((np.uint64(1) << np.uint64(width)) - np.uint64(1))
            wide += 1
            buffer >>= np.uint64(width)
            held -= width


def _look_up(codes: NDArray[np.uint16], table: NDArray[Any], out: NDArray[Any]) -> None:
    """Look codes up in a table of 512 entries."""
    for i in range(codes.size):
        out[i] = table[codes[i] & np.uint16(511)]
