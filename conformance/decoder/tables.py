"""Frequency tables and hybrid integers (chapter 11)."""

from __future__ import annotations

from conformance.decoder.reject import Judge


class BitReader:
    """Bits of a byte string, the first one in bit 0."""

    def __init__(
        self, data: bytes, judge: Judge, rules: tuple[str, str, str] = ("?", "?", "?")
    ) -> None:
        """Begin at the first bit; `rules` are those of missing bits, pad bits, and left bytes."""
        self.data = data
        self.at = 0
        self.judge = judge
        self.rules = rules

    def take(self, width: int) -> int:
        """Return the next `width` bits as a number, the first bit lowest."""
        value = 0
        for n in range(width):
            at = self.at + n
            self.judge.fits(at < 8 * len(self.data), f"{self.rules[0]}: bits are missing")
            value |= (self.data[at >> 3] >> (at & 7) & 1) << n
        self.at += width
        return value

    def align(self) -> None:
        """Skip to the next byte over zero bits."""
        self.judge.allow(self.take(-self.at % 8) == 0, f"{self.rules[1]}: pad bits are not zero")

    def end(self) -> None:
        """Only pad bits may be left."""
        self.align()
        self.judge.fits(self.at == 8 * len(self.data), f"{self.rules[2]}: bytes are left over")


def read_tables(data: bytes, count: int, max_tokens: int, judge: Judge) -> list[list[int]]:
    """Read a table set: one list of frequencies a table."""
    bits = BitReader(data, judge, ("R-ENT-006", "R-ENT-007", "R-ENT-008"))
    tables = [read_table(bits, max_tokens, judge) for _ in range(count)]
    bits.end()
    return tables


def read_table(bits: BitReader, max_tokens: int, judge: Judge) -> list[int]:
    """Read one table: every frequency but that of the remainder token, which gets the rest."""
    size = bits.take(8) + 1
    judge.allow(size <= max_tokens, "R-ENT-001: more tokens than the level allows")
    remainder = bits.take(8)
    judge.allow(remainder < size, "R-ENT-002: the remainder token is outside the table")
    frequencies = [0] * size
    log = 0
    for token in range(size):
        if token == remainder:
            continue
        log = read_log(bits, log, judge)
        if log:
            extra = log // 2
            frequencies[token] = (1 << (log - 1)) + (bits.take(extra) << (log - 1 - extra))
    frequencies[remainder] = 4096 - sum(frequencies)
    judge.fits(frequencies[remainder] >= 1, "R-ENT-005: frequencies above 4096")
    return frequencies


def read_log(bits: BitReader, previous: int, judge: Judge) -> int:
    """Read a log-count, coded against the one before."""
    if bits.take(1) == 0:
        return previous
    if bits.take(1) == 0:
        log = previous - 1
    elif bits.take(1) == 0:
        log = previous + 1
    else:
        log = bits.take(4)
    judge.allow(log >= 0, "R-ENT-004: one less than a log-count of 0")
    judge.allow(log <= 12, "R-ENT-003: a log-count above 12")
    return log


def extra_width(token: int, hybrid: tuple[int, int, int], judge: Judge) -> int:
    """Return the number of extra bits of a token."""
    split, msb, lsb = hybrid
    if token < 1 << split:
        return 0
    n = split + ((token - (1 << split)) >> (msb + lsb))
    judge.allow(n <= 31, "R-ENT-016: a token of 2^32 or more")
    return n - msb - lsb


def read_hybrid(token: int, hybrid: tuple[int, int, int], bits: BitReader, judge: Judge) -> int:
    """Return the value of a token and the extra bits that follow in the side stream."""
    split, msb, lsb = hybrid
    if token < 1 << split:
        return token
    above = token - (1 << split)
    n = split + (above >> (msb + lsb))
    top = above >> lsb & ((1 << msb) - 1)
    low = above & ((1 << lsb) - 1)
    middle = bits.take(extra_width(token, hybrid, judge))
    return 1 << n | top << (n - msb) | middle << lsb | low
