"""Elements to symbols: tokens, side bits, raw fields and contexts of a group's tensors."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from conformance.make import differences as d
from conformance.make.coder import Bits, Hybrid
from conformance.make.model import DTYPES, Group, How, Tensor, product

SIGNED = {"i8": 8, "i16": 16, "i32": 32, "i4": 4, "i2": 2}


@dataclass(slots=True, kw_only=True)
class Symbol:
    """One dense symbol: what the lanes carry, and what stands beside them."""

    token: int
    context: int
    row: int
    """Number of its tensor row in the group: raw fields restart with it."""
    side: list[tuple[int, int]] = field(default_factory=list)
    raw: tuple[int, int] = (0, 0)
    value: int = 0
    """Predicted: the difference, or the level."""


def coded_shape(tensor: Tensor, coding: str) -> list[int]:
    """Return the dims, and an axis of two parts for complex numbers and 64-bit integers."""
    _, width, parts, *_ = DTYPES[tensor.dtype]
    two = parts == 2 or (coding == "int" and width == 64)
    return [*tensor.shape, 2] if two else list(tensor.shape)


def borders(tensor: Tensor, how: How, coding: str) -> tuple[int, int]:
    """Return the split axes of a tensor, with their defaults."""
    rank = len(coded_shape(tensor, coding))
    rows = min(1, rank) if how.split_rows is None else how.split_rows
    columns = rank if how.split_columns is None else how.split_columns
    return rows, columns


def axis_groups(tensor: Tensor, how: How, coding: str) -> tuple[int, int, int]:
    """Return the three extents A, B, C of a tensor."""
    shape = coded_shape(tensor, coding)
    rows, columns = borders(tensor, how, coding)
    return product(shape[:rows]), product(shape[rows:columns]), product(shape[columns:])


def row_range(group: Group, position: int, extent: int) -> tuple[int, int]:
    """Return the rows of a tensor that this group holds."""
    first = group.first_row if position == 0 else 0
    last = position == len(group.hows) - 1
    return first, group.row_limit if last and group.row_limit else extent


def patterns(tensor: Tensor, how: How, coding: str) -> list[int]:
    """Return what is coded: patterns, halves of them, or levels."""
    if coding == "uniform" or how.levels:
        return how.levels
    if how.prediction is not None:
        return d.differences(tensor.dtype, how.prediction, tensor.bits)
    if coding != "int" or tensor.dtype not in {"u64", "i64"}:
        return tensor.bits
    out = []
    for bits in tensor.bits:
        value = bits
        if tensor.dtype == "i64":
            value = (bits << 1) ^ ((1 << 64) - 1) if bits >> 63 else bits << 1
            value &= (1 << 64) - 1
        out += [value >> 32, value & 0xFFFFFFFF]
    return out


def hybrid_side(hybrid: Hybrid, value: int, sign: int | None) -> tuple[int, list[tuple[int, int]]]:
    """Token and side bits of a hybrid integer, the sign first."""
    token, extra, width = hybrid.token(value)
    side = [] if sign is None or value == 0 else [(sign, 1)]
    return token, [*side, (extra, width)]


def integer(group: Group, dtype: str, pattern: int) -> tuple[int, list[tuple[int, int]]]:
    """Token and side bits of an integer pattern."""
    if dtype not in SIGNED:
        return hybrid_side(group.hybrid, pattern, None)
    width = SIGNED[dtype]
    value = pattern - (pattern >> (width - 1) << width)
    return hybrid_side(group.hybrid, abs(value), int(value < 0))


def floating(
    group: Group, how: How, dtype: str, pattern: int, zeros: int
) -> tuple[int, list[tuple[int, int]], tuple[int, int]]:
    """Return token, side bits and raw field of a float pattern that is no plain +0."""
    _, _, _, exponents, mantissa = DTYPES[dtype]
    sign = pattern >> (exponents + mantissa)
    e = (pattern >> mantissa) & ((1 << exponents) - 1)
    q = (pattern >> (mantissa - 2)) & 3
    width = mantissa - 2 - zeros
    raw = (pattern >> zeros) & ((1 << width) - 1)
    assert pattern & ((1 << zeros) - 1) == 0
    if 0 <= e - how.first_exponent < group.exponents:
        return 1 + (e - how.first_exponent) * 4 + q, [(sign, 1)], (raw, width)
    return 4 * group.exponents + 1, [(sign, 1), (e, exponents), (q, 2)], (raw, width)


def dense_symbols(tensors: list[Tensor], group: Group) -> list[Symbol]:
    """All dense symbols of a group, in order."""
    out: list[Symbol] = []
    row_number = 0
    for position, (tensor, how) in enumerate(zip(tensors, group.hows, strict=True)):
        extent, b_size, c_size = axis_groups(tensor, how, group.coding)
        first, limit = row_range(group, position, extent)
        values = patterns(tensor, how, group.coding)
        for a in range(first, limit):
            for inner in range(b_size * c_size):
                at = a * b_size * c_size + inner
                here = (a - first, inner // c_size, inner % c_size)
                total = how.bias + sum(how.classes[g][here[g]] for g in how.classes)
                context = max(0, min(63, total))
                if how.prediction is not None:
                    base = how.prediction[at * len(how.prediction) // len(values)]
                    context = d.context(group, tensor.dtype, total, base)
                symbol = Symbol(token=0, context=context, row=row_number, value=values[at])
                _fill(symbol, group, how, tensor.dtype, (at, here[0], values[at]))
                out.append(symbol)
            row_number += 1
    return out


def _fill(
    symbol: Symbol, group: Group, how: How, dtype: str, element: tuple[int, int, int]
) -> None:
    """Put token, side bits and raw field of one element (place, row, value) in its symbol."""
    at, row, value = element
    if group.coding == "uniform":
        symbol.token, symbol.side = hybrid_side(group.hybrid, abs(value), int(value < 0))
    elif how.prediction is not None:
        sign = None if DTYPES[dtype][1] == 64 else int(value < 0)
        symbol.token, symbol.side = hybrid_side(group.hybrid, abs(value), sign)
    elif group.coding == "int":
        symbol.token, symbol.side = integer(group, dtype, value)
    elif value != 0 or at in how.escape:
        zeros = how.low_zero[row] if isinstance(how.low_zero, list) else how.low_zero
        how = replace(how, first_exponent=1 << 20) if at in how.escape else how
        symbol.token, symbol.side, symbol.raw = floating(group, how, dtype, value, zeros)


def map_symbols(group: Group) -> list[tuple[int, int]]:
    """All (value, context) of a group's map sequence."""
    out: list[tuple[int, int]] = []
    for how in group.hows:
        for g in sorted(how.classes):
            out += [(value, g) for value in how.classes[g]]
        if isinstance(how.low_zero, list):
            out += [(value, 3) for value in how.low_zero]
    return out


def raw_fields(symbols: list[Symbol]) -> bytes:
    """Return the raw fields of a segment, byte aligned at each row."""
    bits = Bits()
    row = None
    for symbol in symbols:
        if symbol.row != row:
            bits.align()
            row = symbol.row
        bits.put(*symbol.raw)
    return bits.data()


def side_bits(symbols: list[Symbol]) -> Bits:
    """Return the side stream of a segment."""
    bits = Bits()
    for symbol in symbols:
        for value, width in symbol.side:
            bits.put(value, width)
    return bits
