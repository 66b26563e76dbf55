"""Symbols: elements become tokens, raw fields and side bits, and come back from them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit.dtypes import BY_NAME
from dombit.entropy.signed import magnitudes
from dombit.errors import DombitError
from dombit.kernels import NUMPY
from dombit.layout import lay_out, step_places
from dombit.records import FLOAT, INT, Group, Hybrid, Structure, Tensor
from dombit.sides import side_stream, write_sides
from dombit.splitting import Source, split_part
from dombit.symbols import (
    GroupContext,
    raw_rows,
    read_float,
    read_signed,
    read_unsigned,
    table_indices,
)

NO_WORDS = np.zeros(0, np.uint16)


def context_of(
    shape: tuple[int, ...], dtype: str, coding: int, *, zeros: list[int] | None = None, **more: Any
) -> GroupContext:
    """Return the context of a group of one tensor, rows split off its first axis."""
    tensor = Tensor(name="t", dtype=BY_NAME[dtype], shape=shape, data=None)
    structure = Structure(
        tensors=(tensor,), coded_order=np.array([0]), output_bytes=tensor.byte_size
    )
    one = np.zeros(1, np.int64)
    columns = ("class_axes", "context_bias", "step_axis", "low_zero_rows", "low_zero")
    group = Group(
        first=0, count=1, dtype=tensor.dtype, coding=coding, step_mantissa=one, step_exponent=one,
        split_rows=one + 1, split_columns=one + 2, **{
            **dict.fromkeys(columns, one), "first_exponent": one,
            "table_map": np.arange(64, dtype=np.uint8), **more,
        },
    )  # fmt: skip
    layout = lay_out(group, structure)
    rows = layout.spans[0].shape[0]
    return GroupContext(
        group=group,
        layout=layout,
        classes=((None, None, None),),
        low_zero=(np.array(zeros or [0] * rows, np.uint8),),
        steps_at=step_places(group, layout),
    )


def source_of(patterns: np.ndarray) -> Source:
    """Return a source of one tensor's elements."""
    return Source(patterns=lambda _: patterns, levels=lambda *_: patterns.astype(np.int32))


# -------------------------------------------------------------------------------------- side bits


@settings(deadline=None, max_examples=150)
@given(
    fields=st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 32)), max_size=20),
    carried=st.sampled_from([0, 1, 2, 4, 64]),
)
def test_side_bits_come_back(fields: list[tuple[int, int]], carried: int) -> None:
    """Whatever part of the side bits the end states carry, the stream is the same again."""
    widths = np.array([width for _, width in fields], np.uint8)
    values = np.array([value & (1 << width) - 1 for value, width in fields], np.uint32)
    words, rest = write_sides(values, widths, carried, NUMPY)
    assert words.size == carried
    stream = side_stream(words, rest, int(widths.sum()))
    assert NUMPY.read_variable(stream, widths).tolist() == values.tolist()


def test_side_bits_end_with_the_payload() -> None:
    """A byte more or less than the symbols need is malformed."""
    for data in (bytes(2), bytes(0)):
        with pytest.raises(DombitError) as caught:
            side_stream(NO_WORDS, np.frombuffer(data, np.uint8), 8)
        assert (caught.value.rule, caught.value.kind) == ("R-SEG-032", "malformed")


def test_end_states_carry_nothing_beyond_the_side_bits() -> None:
    """Bytes of the end states behind the last side bit are zero, the bits of its byte as well."""
    nothing = np.zeros(0, np.uint8)
    for words, rule in (([0, 1], "R-SEG-037"), ([0x0100, 0], "R-SEG-037"), ([8, 0], "R-ENT-018")):
        with pytest.raises(DombitError) as caught:
            side_stream(np.array(words, np.uint16), nothing, 3)
        assert (caught.value.rule, caught.value.kind) == (rule, "forbidden-value")
    assert side_stream(np.array([7, 0], np.uint16), nothing, 3).tolist() == [7]


# ----------------------------------------------------------------------------------------- floats


@settings(deadline=None, max_examples=80)
@given(
    rows=st.integers(1, 5),
    columns=st.integers(1, 9),
    seed=st.integers(0, 2**32 - 1),
    data=st.data(),
)
def test_floats_come_back(rows: int, columns: int, seed: int, data: st.DataObject) -> None:
    """Any stretch of a tensor whose rows end in zero bits is rebuilt from its symbols."""
    dice = np.random.default_rng(seed)
    zeros = dice.integers(0, 22, rows)
    patterns = dice.integers(0, 1 << 32, (rows, columns), np.uint32)
    patterns[dice.random(patterns.shape) < 0.3] &= 0x3FFFFFFF
    patterns[dice.random(patterns.shape) < 0.2] = 0
    patterns = (patterns >> zeros[:, None] << zeros[:, None]).reshape(-1).astype(np.uint32)
    context = context_of(
        (rows, columns), "f32", FLOAT, zeros=zeros.tolist(),
        exponent_count=12, first_exponent=np.array([100]),
    )  # fmt: skip
    first = data.draw(st.integers(0, patterns.size - 1))
    count = data.draw(st.integers(1, patterns.size - first))
    (part,) = context.parts(first, count)
    symbols = split_part(context, part, source_of(patterns))
    counts, widths = raw_rows(context, [part], symbols.tokens != 0)
    assert counts.sum() == np.count_nonzero(symbols.tokens) == symbols.raw.size
    assert widths.tolist() == (21 - zeros[part.first // columns :][: widths.size]).tolist()

    from dombit.entropy import rawrows

    raw = rawrows.write_rows(symbols.raw, counts, widths)
    words, sides = write_sides(symbols.sides, symbols.side_widths, 1, NUMPY)
    tail = np.concatenate([raw, sides])
    ((_, found),) = read_float(context, first, symbols.tokens, words, tail)
    assert found.tolist() == patterns[first : first + count].tolist()


def test_raw_fields_lie_inside_the_payload() -> None:
    """A payload that ends inside the raw fields is malformed; pad bits of a row are zero."""
    context = context_of((2, 1), "f32", FLOAT, exponent_count=4)
    for tail, rule in ((bytes(5), "R-SEG-030"), (bytes(2) + b"\x80" + bytes(4), "R-SEG-031")):
        with pytest.raises(DombitError) as caught:
            read_float(context, 0, np.ones(2, np.uint8), NO_WORDS, np.frombuffer(tail, np.uint8))
        assert caught.value.rule == rule


# --------------------------------------------------------------------------------------- integers


@settings(deadline=None, max_examples=60)
@given(
    dtype=st.sampled_from(["i8", "i16", "i32", "u8", "u16", "u32", "u64", "i64"]),
    seed=st.integers(0, 2**32 - 1),
    data=st.data(),
)
def test_integers_come_back(dtype: str, seed: int, data: st.DataObject) -> None:
    """Magnitudes and signs, or unsigned values, of any stretch come back; halves in order."""
    width = BY_NAME[dtype].bits
    patterns = np.random.default_rng(seed).integers(0, 1 << 63, 12, np.uint64) >> np.uint64(
        64 - width
    )
    patterns = patterns.astype(f"<u{width // 8}")
    context = context_of((3, 4), dtype, INT, hybrid=Hybrid())
    first = data.draw(st.integers(0, context.layout.total - 1))
    count = data.draw(st.integers(1, context.layout.total - first))
    (part,) = context.parts(first, count)
    symbols = split_part(context, part, source_of(patterns))
    _, tail = write_sides(symbols.sides, symbols.side_widths, 0, NUMPY)
    if dtype in ("i8", "i16", "i32"):
        values, negative = magnitudes(
            read_signed(context, symbols.tokens, NO_WORDS, tail), context.group.hybrid
        )
        found = np.where(negative, -values.astype(np.int64), values)
        expected = patterns.view(f"<i{width // 8}")[first : first + count]
    else:
        found = read_unsigned(context, symbols.tokens, NO_WORDS, tail)
        expected = patterns
        if width == 64:
            whole = patterns.astype(object)
            folded = [
                int(v) if dtype == "u64" else (int(v) << 1 ^ -(int(v) >> 63)) & (1 << 64) - 1
                for v in whole
            ]
            expected = np.array([half for v in folded for half in (v >> 32, v & 0xFFFFFFFF)])
        expected = expected[first : first + count]
    assert found.tolist() == expected.tolist()


def test_contexts_choose_tables() -> None:
    """The table of an element is that of its clamped sum of bias and classes."""
    context = context_of((2, 3), "f32", FLOAT, exponent_count=4, context_bias=np.array([-2]))
    classes = (np.array([1, 63], np.uint8), np.array([0, 4, 9], np.uint8), None)
    context = replace(context, classes=(classes,))
    assert table_indices(context, 0, 6).tolist() == [0, 3, 8, 61, 63, 63]
    assert table_indices(context, 2, 3).tolist() == [8, 61, 63]
