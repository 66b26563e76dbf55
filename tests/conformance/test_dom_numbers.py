"""The numbers of DoMs in the scalar decoder, against torch, NumPy and the text's pseudo-code."""

from __future__ import annotations

import random

import numpy as np
import pytest
from conformance.decoder.floats import CANONICAL_NAN, FORMATS, convert
from conformance.decoder.predicted import moved, order, root_class, summed, unorder
from conformance.decoder.rebuild import exact_product
from conformance.decoder.structure import DTYPES

F16, BF16, F32, F64, E4M3FN, E5M2, E4M3FNUZ, E5M2FNUZ = 16, 17, 18, 19, 24, 25, 26, 27
EDGES = """00000000 80000000 7F800000 FF800000 7F7FFFFF 00000001 807FFFFF 00800000
477FF000 477FEFFF 387FE000 33000000 33000001 43E80000"""


def singles(seed: int) -> list[int]:
    """Return patterns of f32: edges, any, and such as the narrow types hold nearly."""
    dice = random.Random(seed)  # noqa: S311 - seeded on purpose
    near = [dice.getrandbits(1) << 31 | dice.randint(90, 150) << 23 for _ in range(3000)]
    return [
        *(int(word, 16) for word in EDGES.split()),
        *(dice.getrandbits(32) for _ in range(3000)),
        *(x | dice.getrandbits(12) << 11 | dice.choice([0, 1, 1 << 10]) for x in near),
        *(dice.getrandbits(1) << 31 | dice.getrandbits(23) for _ in range(500)),
    ]


def as_f32(patterns: list[int]) -> np.ndarray:
    """Return the numbers of f32 patterns."""
    return np.array(patterns, np.uint32).view(np.float32)


def narrow(bits: int, dtype: int) -> int:
    """Return what 14.2 does, word by word."""
    e_bits, m_bits, bias, _, overflow = FORMATS[dtype]
    sign, exponent, mantissa = bits >> 31, bits >> 23 & 0xFF, bits & 0x7FFFFF
    if exponent == 0xFF:
        return CANONICAL_NAN[dtype] if mantissa else sign << (e_bits + m_bits) | overflow
    whole = 0x800000 | mantissa if exponent else mantissa
    exponent = exponent or 1
    e = exponent - 127 + bias
    if e >= 1 and whole >> 23:
        s = 23 - m_bits
        rest, half = mantissa & ((1 << s) - 1), 1 << (s - 1)
        r = e << m_bits | mantissa >> s
        r += rest > half or (rest == half and r & 1)
    else:
        s = 23 - m_bits + 1 - e
        r = 0
        if s <= 24:
            rest, half = whole & ((1 << s) - 1), 1 << (s - 1)
            r = whole >> s
            r += rest > half or (rest == half and r & 1)
    r = min(r, overflow)
    if r == 0 and dtype in {E4M3FNUZ, E5M2FNUZ}:
        return 0
    return sign << (e_bits + m_bits) | r


@pytest.mark.parametrize("dtype", [F16, BF16, E4M3FN, E5M2, E4M3FNUZ, E5M2FNUZ])
def test_conversion_is_the_function_of_the_text(dtype: int) -> None:
    """The decoder rounds exact fractions, the text shifts bits: they agree, NaN and all."""
    for x in singles(dtype):
        assert (hex(x), convert(x, F32, dtype)) == (hex(x), narrow(x, dtype))


@pytest.mark.parametrize(("dtype", "name"), [(F16, "float16"), (BF16, "bfloat16")])
def test_conversion_is_that_of_torch(dtype: int, name: str) -> None:
    """From f32 to f16 and bf16, subnormal numbers, ties and overflow; NaN is the text's own."""
    torch = pytest.importorskip("torch")
    patterns = [x for x in singles(dtype) if not np.isnan(as_f32([x])[0])]
    theirs = torch.from_numpy(as_f32(patterns)).to(getattr(torch, name)).view(torch.int16)
    assert [convert(x, F32, dtype) for x in patterns] == theirs.numpy().view(np.uint16).tolist()


def test_conversion_from_f64_rounds_to_f32_first() -> None:
    """NumPy's two casts give the same; one cast would not: 1 + 2^-11 + 2^-40 is above the tie."""
    dice = random.Random(19)  # noqa: S311 - seeded on purpose
    patterns = [0x3FF0020010000000, 0x36A0000000000000, 0x3690000000000000, 0x3690000000000001]
    patterns += [dice.randint(0x36, 0x48) << 56 | dice.getrandbits(56) for _ in range(3000)]
    wide = np.array(patterns, np.uint64).view(np.float64)
    with np.errstate(over="ignore"):
        single, half = wide.astype(np.float32), wide.astype(np.float32).astype(np.float16)
    assert [convert(x, F64, F32) for x in patterns] == single.view(np.uint32).tolist()
    assert [convert(x, F64, F16) for x in patterns] == half.view(np.uint16).tolist()
    assert convert(patterns[0], F64, F16) == 0x3C00 != wide[:1].astype(np.float16).view(np.uint16)


def test_conversion_to_wider_floats_is_exact() -> None:
    """Every f16 and bf16 but the NaNs, and what becomes of these."""
    for dtype, kind in ((F16, np.float16), (BF16, None)):
        every = np.arange(65536, dtype=np.uint16)
        wide = every.astype(np.uint32) << 16
        numbers = every.view(kind).astype(np.float32) if kind else wide.view(np.float32)
        wanted = np.where(np.isnan(numbers), np.uint32(0x7FC00000), numbers.view(np.uint32))
        assert [convert(x, dtype, F32) for x in range(65536)] == wanted.tolist()


def test_order_ascends_as_the_numbers_do() -> None:
    """All patterns of bf16 by their order are ascending numbers, -0 below +0, NaNs at the ends."""
    numbers = as_f32([unorder(BF16, n) << 16 for n in range(65536)])
    assert np.isnan(numbers[:127]).all()
    assert np.isnan(numbers[-127:]).all()
    steps = np.diff(numbers[128:-128].astype(np.float64))
    assert (steps > 0).sum() == len(steps) - 1
    assert order(BF16, 0x8000) + 1 == order(BF16, 0)
    assert sorted(range(256), key=lambda x: order(3, x)) == [*range(128, 256), *range(128)]


@pytest.mark.parametrize("dtype", sorted(DTYPES))
def test_order_and_unorder_are_inverse(dtype: int) -> None:
    """For every dtype, at the ends and between."""
    bits = DTYPES[dtype][1]
    dice = random.Random(dtype)  # noqa: S311 - seeded on purpose
    some = [0, 1, (1 << bits) - 1, 1 << (bits - 1), *(dice.getrandbits(bits) for _ in range(50))]
    assert [unorder(dtype, order(dtype, x)) for x in some] == some
    assert all(0 <= order(dtype, x) < 1 << bits for x in some)


def test_differences_of_integers_wrap_as_numpy_does() -> None:
    """A signed or unsigned prediction and a difference add modulo 2^b."""
    dice = random.Random(3)  # noqa: S311 - seeded on purpose
    for dtype, kind in ((3, np.int8), (4, np.uint16), (7, np.int32), (9, np.int64), (8, np.uint64)):
        bits = DTYPES[dtype][1]
        unsigned = np.dtype(f"u{bits // 8}")
        for _ in range(200):
            p, d = dice.getrandbits(bits), dice.getrandbits(bits)
            number = np.array([p], unsigned).view(kind) + np.array([d], unsigned).view(kind)
            signed = d - (d >> (bits - 1) << bits)
            assert moved(dtype, p, signed) == number.view(unsigned)[0]


def test_sums_are_one_addition_of_f32() -> None:
    """Level times step is exact, so NumPy's one addition rounds the exact sum; bf16 after that."""
    torch = pytest.importorskip("torch")
    dice = random.Random(5)  # noqa: S311 - seeded on purpose
    for _ in range(3000):
        level, m = dice.choice([-1, 1]) * dice.randint(1, 4095), dice.randint(1, 4095)
        e, p = dice.randint(-126, 103), dice.getrandbits(32)
        base = as_f32([p])
        base = np.where(np.isfinite(base), base, np.float32(0))
        with np.errstate(over="ignore"):
            total = base + np.float32(level * m) * np.float32(2.0**e)
        product = exact_product(F32, level, m, e)
        assert summed(F32, p, product) == total.view(np.uint32)[0]
        short = (base.view(np.uint32)[0] >> 16).item()
        with np.errstate(over="ignore"):
            total = as_f32([short << 16]) + np.float32(level * m) * np.float32(2.0**e)
        wanted = torch.from_numpy(total).to(torch.bfloat16).view(torch.int16).numpy()
        assert summed(BF16, short, product) == wanted.view(np.uint16)[0]


def test_sums_by_hand() -> None:
    """A sum of zero is +0, a root that is not finite counts as 0, overflow is what 14.2 says."""
    one = exact_product(F32, 1, 1, 0)
    assert summed(F32, 0xBF800000, one) == 0x00000000
    assert summed(F32, 0x7FC00001, one) == summed(F32, 0xFF800000, one) == 0x3F800000
    assert summed(F32, 0x7F7FFFFF, exact_product(F32, 1, 4095, 103)) == 0x7F800000
    assert summed(F16, 0x7BFF, exact_product(F16, 1, 1, 4)) == 0x7C00
    assert summed(E4M3FN, 0x7E, exact_product(E4M3FN, 1, 1, 5)) == 0x7E
    assert summed(E4M3FNUZ, 0x01, exact_product(E4M3FNUZ, -3, 1, -11)) == 0x00
    assert summed(F64, 0x3FF << 52, exact_product(F64, 1, 1, -53)) == 0x3FF << 52
    assert summed(BF16, 0x3F80, exact_product(BF16, 65537, 1, -24)) == 0x3F80


def test_root_classes_by_hand() -> None:
    """Both zeros of a float are class 0, every other pattern class 1; integers have no sign bit."""
    assert [root_class(F32, x) for x in (0, 1 << 31, 1, 0x7FC00000)] == [0, 0, 1, 1]
    assert [root_class(3, x) for x in (0, 0x80, 1)] == [0, 1, 1]
    assert [root_class(32, x) for x in (1 << 31, 1)] == [0, 1]
