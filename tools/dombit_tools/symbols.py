"""Symbols: the dense segments of an example stream, step by step (chapters 11 and 12).

One loop over symbols, to be read beside the text; what it says is compared with the decoder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from dombit.api import decode_stream
from dombit.bitstream import group as group_chapter
from dombit.bitstream import registry, segment
from dombit.bitstream import structure as structure_chapter
from dombit.bitstream.reader import UnitReader
from dombit.entropy import tokens
from dombit.groups import open_group
from dombit.limits import LEVELS, Limits
from dombit.records import DENSE, FLOAT, Group, Hybrid, Segment
from dombit.symbols import float_layout

EXAMPLE = Path(__file__).parents[2] / "conformance" / "vectors" / "example" / "float.dombit"
Row = tuple[str, ...]


@dataclass(slots=True)
class Bits:
    """A bit stream as text, first bit first."""

    text: str
    at: int = 0

    def take(self, width: int) -> str:
        """Return the next bits, as they stand in the stream."""
        self.at += width
        return self.text[self.at - width : self.at]

    def align(self) -> None:
        """Go on to the next byte."""
        self.at += -self.at % 8


def bits_of(data: bytes) -> str:
    """Return all bits of some bytes, the lowest of each byte first."""
    return "".join(f"{byte:08b}"[::-1] for byte in data)


def number(bits: str) -> int:
    """Return the value of a field: its first bit is the lowest."""
    return int(bits[::-1] or "0", 2)


def example_rows(stream: Path = EXAMPLE) -> tuple[list[Row], list[Row], list[Row]]:
    """Return the lanes, the float symbols and the integer symbols of the example."""
    data = stream.read_bytes()
    reader = UnitReader(Limits())
    reader.feed(data)
    units = list(reader.units())
    structure = structure_chapter.parse(
        next(unit for unit in units if unit.type == registry.STRUCTURE), Limits()
    )
    lanes: list[Row] = []
    floats: list[Row] = []
    halves: list[Row] = []
    for unit, after in pairwise(units):
        if unit.type != registry.GROUP:
            continue
        group = group_chapter.parse(unit, structure, LEVELS[1])
        part = segment.parse(after, LEVELS[1])
        check(part.kind == DENSE, "the example has no maps")
        name = structure.tensors[int(structure.coded_order[group.first])].name
        frequencies = open_group(group, structure, LEVELS[1]).frequencies
        found, ends = lane_rows(name, part, frequencies[0].tolist())
        lanes += found
        decoded = [int(row[4]) for row in found]
        tail = bytes(part.tail)
        if group.coding == FLOAT:
            floats = list(float_rows(group, decoded, ends, tail))
        else:
            halves = list(half_rows(group.hybrid, decoded, tail))
    compare(data, floats, halves)
    return lanes, floats, halves


def lane_rows(name: str, part: Segment, frequencies: list[int]) -> tuple[list[Row], list[int]]:
    """Return tensor, symbol, state, slot, token, f, start and next state; and the end states."""
    states, words, rows = part.states.tolist(), iter(part.words.tolist()), []
    starts = [sum(frequencies[:token]) for token in range(257)]
    for k in range(part.count):
        lane = k % len(states)
        state = states[lane]
        slot = state & 0xFFF
        token = next(t for t in range(256) if starts[t] <= slot < starts[t + 1])
        after = frequencies[token] * (state >> 12) + slot - starts[token]
        shown = f"{after}"
        if after < 1 << 16:
            word = next(words)
            shown = f"{after}, with word {word}: {after << 16 | word}"
            after = after << 16 | word
        states[lane] = after
        numbers = (k, state, slot, token, frequencies[token], starts[token])
        rows.append((f"{name}", *map(str, numbers), shown))
    check(next(words, None) is None, "every word is used")
    return rows, states


def float_rows(group: Group, decoded: list[int], ends: list[int], tail: bytes) -> Iterator[Row]:
    """Yield symbol, token, raw field, side bits, sign, e, q and pattern of a float segment."""
    layout, low = float_layout(group), int(group.low_zero[0])
    mantissa, exponents, escape = (
        layout.mantissa_bits,
        layout.exponent_bits,
        4 * group.exponent_count + 1,
    )
    raw, fields = Bits(bits_of(tail)), []
    for k, token in enumerate(decoded):
        if k % 3 == 0:
            raw.align()
        fields.append(raw.take(mantissa - 2 - low) if token else "")
    raw.align()
    carried = b"".join((end & 0xFFFF).to_bytes(2, "little") for end in ends)
    side = Bits(bits_of(carried + tail[raw.at // 8 :]))
    for k, (token, field) in enumerate(zip(decoded, fields, strict=True)):
        if token == 0:
            yield str(k), "0", "", "", "", "", "", f"`{0:08x}`"
            continue
        parts = [side.take(1)]
        if token == escape:
            parts += [side.take(exponents), side.take(2)]
            e, q = number(parts[1]), number(parts[2])
        else:
            e, q = int(group.first_exponent[0]) + (token - 1) // 4, (token - 1) % 4
        sign = number(parts[0])
        pattern = sign << (exponents + mantissa) | e << mantissa | q << (mantissa - 2)
        pattern |= number(field) << low
        shown = " ".join(f"`{bits}`" for bits in parts)
        numbers = (f"`{field}` = {number(field)}", shown, sign, e, q, f"`{pattern:08x}`")
        yield (str(k), str(token), *map(str, numbers))


def half_rows(hybrid: Hybrid, decoded: list[int], tail: bytes) -> Iterator[Row]:
    """Yield symbol, token, extra bits and value of each half, and the element of each pair."""
    meaning, side, high = tokens.meaning_of(hybrid), Bits(bits_of(tail)), 0
    for k, token in enumerate(decoded):
        extra = side.take(int(meaning.width[token]))
        value = int(meaning.base[token]) + (number(extra) << hybrid.lsb)
        shown = ""
        if k % 2:
            pair = high << 32 | value
            shown = f"{high}·2^32 + {value} = {pair}: {pair >> 1 ^ -(pair & 1)}"
        high = value
        yield str(k), str(token), f"`{extra}`" if extra else "", str(value), shown


def compare(data: bytes, floats: list[Row], halves: list[Row]) -> None:
    """Check that the decoder gives the elements of the tables."""
    model = decode_stream(data)
    said = [int(row[-1].strip("`"), 16) for row in floats]
    check(model.data(0).view("<u4").tolist() == said, "float patterns")
    numbers = [int(row[-1].rpartition(": ")[2]) for row in halves if row[-1]]
    check(np.array_equal(model.data(1).view("<i8"), numbers), "elements of 64 bits")


def check(holds: bool, what: str) -> None:
    """Raise ValueError where the tables would be wrong."""
    if not holds:
        raise ValueError(f"the tables and the decoder differ: {what}")
