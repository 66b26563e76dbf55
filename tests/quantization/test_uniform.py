"""UNIFORM coding: exact products, the same in NumPy, torch, JavaScript and fractions."""

from __future__ import annotations

import math
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dombit.arithmetic import NARROW, step_from_float, step_value, to_float64
from dombit.dtypes import BY_NAME
from dombit.errors import DombitError
from dombit.quantization import uniform
from dombit.quantization.choose import uniform_bound

F32, F64 = BY_NAME["f32"], BY_NAME["f64"]


def edge_cases(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return levels, mantissas and exponents: all exponents, products up to 2^24, few bits too."""
    rng = np.random.default_rng(11)
    mantissa = np.where(rng.random(count) < 0.5, 1, rng.integers(1, 4096, count))
    mantissa[:2000] = 4095
    limit = ((1 << 24) - 1) // mantissa
    size = np.minimum(limit, 2 ** (rng.random(count) * 24)).astype(np.int64)
    size[::7] = limit[::7]
    size[::11] = rng.integers(0, 4, size[::11].size)
    level = np.where(rng.random(count) < 0.5, -1, 1) * np.minimum(size, limit)
    exponent = rng.integers(-126, 104, count)
    exponent[: count // 2] = rng.integers(-40, 5, count // 2)  # where f16 and f8 have numbers
    return level, mantissa.astype(np.int64), exponent


def test_javascript_gives_the_same_bits(tmp_path: Path) -> None:
    """Three ways to write the product in JavaScript, and its own roundings, all agree."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node (program `node`)")
    level, mantissa, exponent = edge_cases(150_000)
    np.stack([level, mantissa, exponent], axis=1).astype("<f8").tofile(tmp_path / "in")
    script = Path(__file__).with_name("exact_product.mjs")
    subprocess.run([node, script, tmp_path / "in", tmp_path / "out"], check=True, timeout=60)
    theirs = np.fromfile(tmp_path / "out", dtype="<f8").reshape(-1, 11)
    for column, name in enumerate(["f32", "f32", "f32", *NARROW, "i8", "u16"]):
        dtype = BY_NAME[name]
        ours = to_float64(uniform.values(level, mantissa, exponent, dtype), dtype)
        np.testing.assert_array_equal(ours, theirs[:, column], err_msg=name)


def test_torch_gives_the_same_bits() -> None:
    """fp32 in one or two operations, fp64, and addcmul: torch agrees bit for bit."""
    level, mantissa, exponent = edge_cases(60_000)
    ours = uniform.values(level, mantissa, exponent, F32)
    step = torch.from_numpy(np.ldexp(mantissa.astype(np.float64), exponent))
    levels = torch.from_numpy(level)
    narrow = levels.float() * step.float()
    wide = (levels.double() * step).float()
    fused = torch.addcmul(torch.zeros(1), levels.float(), step.float())
    for theirs in (narrow, wide, fused):
        np.testing.assert_array_equal(ours.view(np.float32), theirs.numpy())
    for name, kind in (("f16", torch.float16), ("bf16", torch.bfloat16)):
        patterns = narrow.to(kind).view(torch.int16).numpy().view(np.uint16)
        expected = np.where(level == 0, 0, patterns)
        np.testing.assert_array_equal(
            uniform.values(level, mantissa, exponent, BY_NAME[name]), expected
        )


@given(st.integers(-(2**31) + 1, 2**31 - 1), st.integers(1, 2**22 - 1), st.integers(-1000, 900))
def test_fp64_products_are_exact(level: int, mantissa: int, exponent: int) -> None:
    """The fp64 number equals the fraction level * m * 2^e."""
    value = uniform.values(np.array([level]), mantissa, exponent, F64).view(np.float64)[0]
    assert Fraction(float(value)) == level * mantissa * Fraction(2) ** exponent


@given(st.integers(-4096, 4096), st.integers(1, 4095), st.integers(-126, 103))
def test_fp32_products_are_exact(level: int, mantissa: int, exponent: int) -> None:
    """The fp32 number equals the fraction level * m * 2^e, whatever the exponent."""
    value = uniform.values(np.array([level]), mantissa, exponent, F32).view(np.float32)[0]
    assert Fraction(float(value)) == level * mantissa * Fraction(2) ** exponent


@pytest.mark.parametrize("name", ["f32", "f64", *NARROW, "i8", "u16", "bool", "i64"])
def test_level_zero_is_plus_zero(name: str) -> None:
    """Level 0 gives the pattern of all zero bits."""
    dtype = BY_NAME[name]
    assert uniform.values(np.zeros(3, dtype=np.int64), 4095, 103, dtype).tolist() == [0, 0, 0]


@pytest.mark.parametrize("name", NARROW)
def test_vanishing_products_keep_their_sign(name: str) -> None:
    """A product that rounds to zero is -0 if negative, but 0 where there is no -0."""
    dtype = BY_NAME[name]
    if name == "bf16":
        return  # no product is that small
    patterns = uniform.values(np.array([-1, 1]), 1, -126, dtype)
    expected = [1 << (dtype.bits - 1), 0] if NARROW[name].signed_zero else [0, 0]
    assert patterns.tolist() == expected


@pytest.mark.parametrize(
    ("name", "step", "expected"),
    [
        ("i8", (1, -1), [0, 0, 1, 2, 2, 2, 254, 254, 127]),
        ("u8", (1, -1), [0, 0, 1, 2, 2, 2, 0, 0, 255]),
        ("bool", (1, -1), [0, 0, 1, 1, 1, 1, 1, 1, 1]),
        ("i64", (1, 103), [0, *[2**63 - 1] * 5, 2**63, 2**63, 2**63 - 1]),
        ("u64", (1, 103), [0, *[2**64 - 1] * 5, 0, 0, 2**64 - 1]),
    ],
)
def test_integers_round_and_saturate(name: str, step: tuple[int, int], expected: list) -> None:
    """Halves go to the even neighbour, and the ends of the range hold."""
    levels = np.array([0, 1, 2, 3, 4, 5, -3, -5, 4000])
    assert uniform.values(levels, *step, BY_NAME[name]).tolist() == expected


@pytest.mark.parametrize(
    ("name", "level", "mantissa"),
    [
        ("f32", 2**24, 1),
        ("f32", -(2**24), 1),
        ("bf16", 4112, 4081),
        ("i8", 2**13, 2**11),
        ("f64", -(2**30), 2**23),
    ],
)
def test_products_too_large_are_refused(name: str, level: int, mantissa: int) -> None:
    """|level| * m = 2^24 (f64: 2^53) is forbidden, one less in level is not."""
    dtype = BY_NAME[name]
    smaller = level - (1 if level > 0 else -1)
    uniform.values(np.array([smaller]), mantissa, 0, dtype)
    with pytest.raises(DombitError) as caught:
        uniform.values(np.array([0, level]), np.array([1, mantissa]), np.array([0, 0]), dtype)
    assert (caught.value.kind, caught.value.rule) == ("forbidden-value", "R-QUA-007")
    assert caught.value.stage == "reconstruction"


@given(
    st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=30),
    st.floats(0.04, 10),
    st.floats(0.2, 0.5),
)
def test_levels_stay_within_the_bound(numbers: list[float], step: float, offset: float) -> None:
    """No weight that was not clipped errs by more than the bound, in fp32 and in bf16."""
    mantissa, exponent = step_from_float(step, F32)
    for name in ("f32", "bf16"):
        dtype = BY_NAME[name]
        levels, clipped = uniform.levels(np.array(numbers), mantissa, exponent, offset, dtype)
        decoded = to_float64(uniform.values(levels, mantissa, exponent, dtype), dtype)
        assert clipped == 0
        for number, value in zip(numbers, decoded, strict=True):
            bound = uniform_bound((mantissa, exponent), offset, dtype, value)
            assert abs(number - value) <= bound * (1 + 1e-12)


def test_levels_follow_the_formula() -> None:
    """sign(w) * floor(|w| / step + f): the dead zone reaches to 1 - f steps."""
    numbers = np.float32([0.0, -0.0, 0.59, -0.61, 1.59, 1.61, -7.5])
    levels, clipped = uniform.levels(numbers, 2048, -11, 0.4, F32)
    assert (levels.tolist(), clipped) == ([0, 0, 0, -1, 1, 2, -7], 0)
    assert levels.dtype == np.int32


def test_levels_of_steps_along_an_axis() -> None:
    """Mantissas and exponents may be given for each element, over more than a chunk."""
    numbers = np.linspace(-3, 3, 150_000)
    mantissa = np.where(np.arange(150_000) % 2, 2500, 4000)
    exponent = np.where(np.arange(150_000) % 3, -12, -14)
    levels, clipped = uniform.levels(numbers, mantissa, exponent, 0.5, F32)
    patterns = uniform.values(levels, mantissa, exponent, F32)
    steps = np.ldexp(mantissa.astype(float), exponent)
    assert clipped == 0
    assert (np.abs(patterns.view(np.float32) - numbers) <= steps * (0.5 + 1e-12)).all()


@pytest.mark.parametrize(("name", "mantissa", "most"), [
    ("f32", 4095, 4097), ("f32", 1, 2**24 - 1), ("f64", 4095, 2**31 - 1),
])  # fmt: skip
def test_levels_are_clipped_to_what_is_legal(name: str, mantissa: int, most: int) -> None:
    """Levels too large, infinite or NaN are counted, and become the largest legal one."""
    numbers = np.array([1e300, -math.inf, math.nan, 5.0])
    levels, clipped = uniform.levels(numbers, mantissa, 0, 0.4, BY_NAME[name])
    assert clipped == 3
    assert levels[:2].tolist() == [most, -most]
    assert abs(int(levels[2])) == most
    uniform.values(levels, mantissa, 0, BY_NAME[name])


@pytest.mark.parametrize("name", ["f32", "bf16", "f16"])
def test_decoding_again_changes_nothing(name: str) -> None:
    """Levels of decoded fp32 numbers are the levels they came from (no drift in a second pass)."""
    rng = np.random.default_rng(4)
    mantissa, exponent = step_from_float(0.01, F32)
    levels, _ = uniform.levels(rng.standard_normal(10_000), mantissa, exponent, 0.4, F32)
    dtype = BY_NAME[name]
    decoded = to_float64(uniform.values(levels, mantissa, exponent, dtype), dtype)
    again, _ = uniform.levels(decoded, mantissa, exponent, 0.4, dtype)
    assert np.abs(again - levels).max() <= (0 if name == "f32" else 1)
    assert np.abs(decoded).max() > 100 * step_value(mantissa, exponent)
