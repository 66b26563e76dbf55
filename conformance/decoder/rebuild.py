"""Values: integers, level times step rounded exactly once, aliases (chapters 12 and 14)."""

from __future__ import annotations

from fractions import Fraction

from conformance.decoder.floats import FORMATS, pack_number
from conformance.decoder.group import CONSTANT, Group
from conformance.decoder.predicted import moved
from conformance.decoder.reject import Judge
from conformance.decoder.roots import prediction
from conformance.decoder.structure import DTYPES, Tensor

JUDGE = Judge("reconstruction")
INT_RANGE = {
    1: (0, 255),
    2: (0, (1 << 8) - 1),
    3: (-(1 << 7), (1 << 7) - 1),
    4: (0, (1 << 16) - 1),
    5: (-(1 << 15), (1 << 15) - 1),
    6: (0, (1 << 32) - 1),
    7: (-(1 << 31), (1 << 31) - 1),
    8: (0, (1 << 64) - 1),
    9: (-(1 << 63), (1 << 63) - 1),
    40: (-8, 7),
    42: (-2, 1),
}


def int_pattern(dtype: int, value: int, negative: int) -> int:
    """Return the pattern of a decoded integer (a half of one for u64 and i64)."""
    bits = DTYPES[dtype][1]
    if dtype in {8, 9}:
        return value
    low, high = INT_RANGE.get(dtype, (0, (1 << bits) - 1))
    number = -value if negative else value
    JUDGE.allow(
        low <= number <= high, f"R-QUA-00{5 if low < 0 else 4}: an integer outside its dtype"
    )
    return number & ((1 << bits) - 1)


def difference(dtype: int, value: int, negative: int) -> int:
    """Return the difference of a predicted integer of at most 32 bits."""
    bound = 1 << (DTYPES[dtype][1] - 1)
    good = value <= bound if negative else value < bound
    JUDGE.allow(good, "R-QUA-005: a difference outside its dtype")
    return -value if negative else value


def join_halves(tensor: Tensor) -> None:
    """Turn 32-bit halves into patterns; i64 and differences undo the zigzag."""
    halves = tensor.parts
    whole = [high << 32 | low for high, low in zip(halves[::2], halves[1::2], strict=True)]
    if tensor.dtype == 9 or tensor.differs:
        whole = [v >> 1 ^ ((1 << 64) - 1 if v & 1 else 0) for v in whole]
    if tensor.differs:
        bases = prediction(tensor)
        whole = [moved(tensor.dtype, p, d) for p, d in zip(bases, whole, strict=True)]
    tensor.parts = whole


def exact_product(dtype: int, level: int, mantissa: int, exponent: int) -> Fraction:
    """Return level * mantissa * 2^exponent, after the bounds that make it exact in f32."""
    JUDGE.allow(abs(level) < 1 << 31, "R-QUA-006: a level of 2^31 or more")
    bound = 1 << 53 if dtype == 19 else 1 << 24
    JUDGE.allow(abs(level) * mantissa < bound, "R-QUA-007: |level| * m is too large")
    return Fraction(level * mantissa) * Fraction(2) ** exponent


def uniform_pattern(dtype: int, level: int, mantissa: int, exponent: int) -> int:
    """Return the pattern of level * mantissa * 2^exponent in a dtype, rounded once."""
    product = exact_product(dtype, level, mantissa, exponent)
    return pack_number(dtype, product) if dtype in FORMATS else round_integer(dtype, product)


def round_integer(dtype: int, product: Fraction) -> int:
    """To the nearest integer, ties to even, saturated."""
    number = round(product)
    if dtype == 1:
        return int(number != 0)
    low, high = INT_RANGE[dtype]
    return max(low, min(high, number)) & ((1 << DTYPES[dtype][1]) - 1)


def fill_constants(group: Group) -> None:
    """Repeat the one element of every tensor of a constant group."""
    if group.coding != CONSTANT:
        return
    width, components = DTYPES[group.dtype][1:3]
    mask = (1 << width) - 1
    for part, one in zip(group.parts, group.constants, strict=True):
        value = int.from_bytes(one, "little")
        part.tensor.parts = [value >> width * n & mask for n in range(components)]
        part.tensor.parts *= part.tensor.count


def view_place(tensor: Tensor, number: int) -> int:
    """Where element `number` of a view stands, counted from its offset."""
    place = 0
    for dim, stride in zip(tensor.dims[::-1], tensor.strides[::-1], strict=True):
        number, index = divmod(number, dim)
        place += index * stride
    return place


def fill_alias(tensor: Tensor, target: Tensor) -> None:
    """Copy the elements of an alias from its target."""
    components = DTYPES[tensor.dtype][2]
    for n in range(tensor.count):
        place = view_place(tensor, n) if tensor.view else n
        at = (tensor.offset + place) * components
        tensor.parts += target.parts[at : at + components]
