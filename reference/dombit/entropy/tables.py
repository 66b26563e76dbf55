"""Tables: sets of 12-bit frequencies as one bit stream, and as slots (chapter 11)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dombit.errors import Stage, UsageError, fail
from dombit.records import Buffer

TOTAL = 4096
"""Sum of the frequencies of a table."""
LARGEST_LOG = 12
"""Largest log-count."""


class _BitReader:
    """Bits of a table set, LSB first."""

    def __init__(self, data: bytes, stage: Stage) -> None:
        self.data = data
        self.stage = stage
        self.position = 0

    def take(self, bits: int) -> int:
        """Return the next field of at most 8 bits."""
        start, shift = divmod(self.position, 8)
        self.position += bits
        if self.position > 8 * len(self.data):
            message = f"the table set ends at byte {len(self.data)}, inside a table"
            fail("malformed", "R-ENT-006", message, stage=self.stage)
        window = int.from_bytes(self.data[start : start + 2], "little")
        return window >> shift & ((1 << bits) - 1)


def read_tables(
    data: Buffer, count: int, max_tokens: int, stage: Stage = "parameters"
) -> NDArray[np.uint16]:
    """Return the frequencies [count, 256] of a set of `count` tables.

    `max_tokens` is the level's; `stage` is "segment" for the tables of a map segment. Raises
    DombitError malformed or forbidden-value.
    """
    reader = _BitReader(bytes(data), stage)
    frequencies = np.zeros((count, 256), np.uint16)
    for row in range(count):
        table = _read_table(reader, max_tokens)
        frequencies[row, : len(table)] = table
    _check_end(reader)
    return frequencies


def write_tables(frequencies: NDArray[np.uint16]) -> bytes:
    """Return the bit stream of a set of tables [count, 256]; the inverse of read_tables.

    Raises UsageError where a table cannot be written exactly.
    """
    bits: list[tuple[int, int]] = []
    for row in frequencies:
        _write_table(bits, [int(f) for f in row])
    value = np.array([value for value, _ in bits], np.uint16)
    width = np.array([width for _, width in bits], np.uint8)
    spread = value[:, None] >> np.arange(8, dtype=np.uint16) & 1
    chosen = spread[np.arange(8) < width[:, None]].astype(np.uint8)
    return np.packbits(chosen, bitorder="little").tobytes()


def _read_table(reader: _BitReader, max_tokens: int) -> list[int]:
    tokens = reader.take(8) + 1
    if tokens > max_tokens:
        message = f"a table of {tokens} tokens; the level allows {max_tokens}"
        fail("forbidden-value", "R-ENT-001", message, stage=reader.stage)
    remainder = reader.take(8)
    if remainder >= tokens:
        message = f"remainder token {remainder} in a table of {tokens} tokens"
        fail("forbidden-value", "R-ENT-002", message, stage=reader.stage)
    table, log = [0] * tokens, 0
    for token in range(tokens):
        if token != remainder:
            log = _read_log(reader, log)
            table[token] = _read_frequency(reader, log)
    rest = TOTAL - sum(table)
    if rest < 1:
        message = f"the other frequencies leave {rest} of 4096 to the remainder token"
        fail("malformed", "R-ENT-005", message, stage=reader.stage)
    table[remainder] = rest
    return table


def _write_table(bits: list[tuple[int, int]], table: list[int]) -> None:
    remainder = remainder_token(table)
    tokens = max(token for token, f in enumerate(table) if f) + 1
    bits += [(tokens - 1, 8), (remainder, 8)]
    log = 0
    for token in range(tokens):
        if token != remainder:
            previous, log = log, table[token].bit_length()
            _write_log(bits, previous, log)
            _write_frequency(bits, table[token])


def _read_log(reader: _BitReader, previous: int) -> int:
    """Return a log-count, coded against the previous one of the table."""
    if not reader.take(1):
        return previous
    if not reader.take(1):
        if previous == 0:
            message = "a log-count one below 0"
            fail("forbidden-value", "R-ENT-004", message, stage=reader.stage)
        return previous - 1
    log = reader.take(4) if reader.take(1) else previous + 1
    if log > LARGEST_LOG:
        message = f"log-count {log} is above 12"
        fail("forbidden-value", "R-ENT-003", message, stage=reader.stage)
    return log


def _write_log(bits: list[tuple[int, int]], previous: int, log: int) -> None:
    if log == previous:
        bits.append((0b0, 1))
    elif log == previous - 1:
        bits.append((0b01, 2))
    elif log == previous + 1:
        bits.append((0b011, 3))
    else:
        bits += [(0b111, 3), (log, 4)]


def _read_frequency(reader: _BitReader, log: int) -> int:
    if log == 0:
        return 0
    precision = log // 2
    return (1 << (log - 1)) + (reader.take(precision) << (log - 1 - precision))


def _write_frequency(bits: list[tuple[int, int]], frequency: int) -> None:
    log = frequency.bit_length()
    if log >= 2:
        precision = log // 2
        below = frequency - (1 << (log - 1))
        bits.append((below >> (log - 1 - precision), precision))


def _check_end(reader: _BitReader) -> None:
    used = (reader.position + 7) // 8
    if reader.position % 8 and reader.data[used - 1] >> reader.position % 8:
        message = "the bits after the last table are not zero"
        fail("forbidden-value", "R-ENT-007", message, stage=reader.stage)
    if used < len(reader.data):
        message = f"{len(reader.data) - used} bytes are left over after the last table"
        fail("malformed", "R-ENT-008", message, stage=reader.stage)


def representable(frequency: int) -> bool:
    """Return whether a log-count and its bits can say this frequency."""
    log = frequency.bit_length()
    return log <= LARGEST_LOG and frequency & ((1 << max(log - 1 - log // 2, 0)) - 1) == 0


def remainder_token(table: list[int]) -> int:
    """Return the token that need not be sent: the only odd one out, else the most frequent.

    Raises UsageError where no choice of it makes the table representable.
    """
    odd = [token for token, f in enumerate(table) if not representable(f)]
    if len(odd) > 1 or sum(table) != TOTAL:
        raise UsageError("a table that the stream cannot hold", hint="see frequencies_of")
    return odd[0] if odd else table.index(max(table))


def slot_tables(frequencies: NDArray[np.uint16]) -> NDArray[np.uint32]:
    """Return [tables + 1, 4096] slots `(f - 1) << 20 | (slot - cum) << 8 | token`.

    The last row is the idle table, which leaves every state as it is. Each row of
    `frequencies` [tables, 256] sums to 4096.
    """
    wide = frequencies.astype(np.int64)
    before = np.cumsum(wide, axis=1) - wide
    slots = np.empty((wide.shape[0] + 1, TOTAL), np.uint32)
    for row, (table, cum) in enumerate(zip(wide, before, strict=True)):
        token = np.repeat(np.arange(256), table)
        offset = np.arange(TOTAL) - cum[token]
        slots[row] = (table[token] - 1) << 20 | offset << 8 | token
    slots[-1] = (TOTAL - 1) << 20 | np.arange(TOTAL) << 8
    return slots


def symbol_table(frequencies: NDArray[np.uint16]) -> NDArray[np.uint32]:
    """Return [(tables + 1) * 256] entries `cum << 16 | f`; the last table is the idle one."""
    wide = frequencies.astype(np.uint32)
    before = np.cumsum(wide, axis=1, dtype=np.uint32) - wide
    packed = np.full((wide.shape[0] + 1, 256), 4096, np.uint32)
    packed[:-1] = before << 16 | wide
    return packed.reshape(-1)
