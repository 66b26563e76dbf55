"""Bits, frequency tables, rANS lanes and hybrid integers: the entropy coder of the vectors.

Written from the text, for reading and for breaking on purpose: nothing here is fast, and
every function takes what a stream may say, not only what it should say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

LOWER = 1 << 16


class Bits:
    """A stream of bits, the first one in bit 0 of the first byte."""

    def __init__(self) -> None:
        self.done = bytearray()
        self.rest = 0
        self.size = 0

    def put(self, value: int, width: int) -> None:
        """Append the low `width` bits of `value`."""
        self.rest |= (value & ((1 << width) - 1)) << (self.size - 8 * len(self.done))
        self.size += width
        while self.size - 8 * len(self.done) >= 8:
            self.done.append(self.rest & 0xFF)
            self.rest >>= 8

    def align(self) -> None:
        """Append zero bits up to the next byte."""
        self.put(0, -self.size % 8)

    def data(self) -> bytes:
        """All bits, with zero bits after the last one up to a byte."""
        tail = bytes([self.rest]) if self.size > 8 * len(self.done) else b""
        return bytes(self.done) + tail


def representable(value: int) -> int:
    """Return the largest frequency <= value that the table code can express."""
    log = value.bit_length()
    shift = max(log - 1 - log // 2, 0)
    return value >> shift << shift


def frequencies_of(tokens: Sequence[int], size: int) -> list[int]:
    """Frequencies (sum 4096) that suit the tokens; the most frequent one takes the remainder."""
    counts = Counter(tokens)
    if not counts:
        return [4096]
    total = len(tokens)
    row = [0] * max(size, max(counts) + 1)
    for token, count in counts.items():
        row[token] = representable(max(1, 4096 * count // total))
    most = max(counts, key=lambda token: (counts[token], -token))
    row[most] = 0
    row[most] = 4096 - sum(row)
    return row


def put_log(bits: Bits, log: int, previous: int) -> None:
    """Write one log-count against the one before it, in the shortest way."""
    if log == previous:
        bits.put(0b0, 1)
    elif log == previous - 1:
        bits.put(0b01, 2)
    elif log == previous + 1:
        bits.put(0b011, 3)
    else:
        bits.put(0b111, 3)
        bits.put(log, 4)


def put_table(bits: Bits, row: Sequence[int], remainder: int) -> None:
    """Write one table: size, remainder token, then every other frequency."""
    bits.put(len(row) - 1, 8)
    bits.put(remainder, 8)
    previous = 0
    for token, frequency in enumerate(row):
        if token == remainder:
            continue
        log = frequency.bit_length()
        put_log(bits, log, previous)
        if log:
            extra = log // 2
            shift = log - 1 - extra
            bits.put((frequency >> shift) & ((1 << extra) - 1), extra)
        previous = log


def table_set(rows: Sequence[Sequence[int]]) -> bytes:
    """Write tables one after the other; the largest frequency of each is its remainder."""
    bits = Bits()
    for row in rows:
        put_table(bits, row, max(range(len(row)), key=lambda token: (row[token], -token)))
    return bits.data()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """What a segment carries of its lanes."""

    states: list[int]
    words: list[int]
    ends: list[int]


def encode_lanes(
    tokens: Sequence[int],
    picks: Sequence[int],
    rows: Sequence[Sequence[int]],
    lanes: int,
    ends: Sequence[int] | None = None,
) -> Lanes:
    """Run the lanes backwards from their end states; table picks[k] codes tokens[k]."""
    states = list(ends or [LOWER] * lanes)
    last = list(states)
    words = []
    sums = [[sum(row[:token]) for token in range(len(row))] for row in rows]
    for k in range(len(tokens) - 1, -1, -1):
        frequency = rows[picks[k]][tokens[k]]
        x = states[k % lanes]
        if x >= frequency << 20:
            words.append(x & 0xFFFF)
            x >>= 16
        states[k % lanes] = (x // frequency << 12) + x % frequency + sums[picks[k]][tokens[k]]
    return Lanes(states=states, words=words[::-1], ends=last)


@dataclass(frozen=True, slots=True)
class Hybrid:
    """The parameters of a hybrid integer, as in a group header."""

    split: int = 4
    msb: int = 2
    lsb: int = 1

    def token(self, value: int) -> tuple[int, int, int]:
        """Return (token, extra bits, their number) of a value."""
        if value < 1 << self.split:
            return value, 0, 0
        n = value.bit_length() - 1
        top = (value >> (n - self.msb)) & ((1 << self.msb) - 1)
        low = value & ((1 << self.lsb) - 1)
        width = n - self.msb - self.lsb
        extra = (value >> self.lsb) & ((1 << width) - 1)
        above = (n - self.split) << (self.msb + self.lsb)
        return (1 << self.split) + above + (top << self.lsb) + low, extra, width


def stored_blocks(data: bytes, step: int = 65535) -> bytes:
    """Return a raw RFC 1951 stream of stored blocks: bytes that no zlib build can change."""
    cuts = range(0, max(len(data), 1), step)
    out = bytearray()
    for start in cuts:
        part = data[start : start + step]
        size = len(part)
        out += bytes([start + step >= len(data)])
        out += size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + part
    return bytes(out)


def fixed_block(data: bytes) -> bytes:
    """Return a raw RFC 1951 stream of one block in the fixed Huffman code.

    It holds literals, and matches of 258 bytes at distance 1 in long runs of one byte.
    """
    bits = Bits()
    bits.put(0b011, 3)
    at = 0
    while at < len(data):
        if at and data[at : at + 258] == bytes([data[at - 1]]) * 258:
            bits.put(0b10100011, 8)
            bits.put(0, 5)
            at += 258
            continue
        byte = data[at]
        code, width = (0x30 + byte, 8) if byte < 144 else (0x190 + byte - 144, 9)
        bits.put(int(f"{code:0{width}b}"[::-1], 2), width)
        at += 1
    bits.put(0, 7)
    return bits.data()
