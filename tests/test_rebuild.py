"""Rebuild: elements land in their places, whatever lies beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dombit import rebuild
from dombit.dtypes import BY_NAME, coded_shape, pack_bits, unpack_bits
from dombit.entropy.lanes import LaneOutput
from dombit.errors import DombitError
from dombit.kernels import NUMPY
from dombit.layout import Layout, Part, Span, step_places
from dombit.quantization import integers
from dombit.rebuild import Pending, finish_integers, steps_of
from dombit.records import DENSE, INT, UNIFORM, Group, Hybrid, Segment, Tensor
from dombit.sides import write_sides
from dombit.symbols import GroupContext, split_integers

RANDOM = np.random.default_rng(33)


def span_of(dtype: str, shape: tuple[int, ...], *, offset: int = 0, number: int = 0) -> Span:
    """Return a span from an element on, its first axis apart."""
    tensor = Tensor(name=f"t{number}", dtype=BY_NAME[dtype], shape=shape, data=None)
    coded = coded_shape(tensor.dtype, shape, halves=dtype in ("i64", "u64"))
    inner = int(np.prod(coded[1:]))
    rows = coded[0] - offset // inner
    return Span(
        number=number, tensor=tensor, coded=coded, shape=(rows, inner, 1), offset=offset, start=0
    )


def context_of(span: Span, coding: int, **more: Any) -> GroupContext:
    """Return the context of a group of one span."""
    one = np.zeros(1, np.int64)
    columns = (
        "class_axes", "context_bias", "step_axis", "step_mantissa", "step_exponent",
        "first_exponent", "low_zero_rows", "low_zero",
    )  # fmt: skip
    values = {**dict.fromkeys(columns, one), "table_map": np.zeros(64, np.uint8), **more}
    group = Group(
        first=0, count=1, dtype=span.tensor.dtype, coding=coding, hybrid=Hybrid(),
        split_rows=one + 1, split_columns=one + len(span.coded), **values,
    )  # fmt: skip
    layout = Layout(spans=(span,), starts=np.array([0, span.count]))
    return GroupContext(
        group=group, layout=layout, classes=((None, None, None),),
        low_zero=(np.zeros(span.shape[0], np.uint8),), steps_at=step_places(group, layout),
    )  # fmt: skip


def put(
    context: GroupContext, first: int, values: np.ndarray, outputs: Any, *, end: int = 1 << 16,
    payload: bool = False,
) -> None:  # fmt: skip
    """Rebuild a segment of signed values as if its lanes were decoded."""
    size, sign = np.abs(values).astype(np.uint32), values < 0
    symbols = split_integers(context.group, True, size, sign)
    _, tail = write_sides(symbols.sides, symbols.side_widths, 0, NUMPY)
    segment = Segment(
        kind=DENSE, lanes_log2=0, first=first, count=values.size, end_payload=payload,
        states=np.zeros(1, np.uint32), words=np.zeros(0, np.uint16),
        tail=memoryview(tail.tobytes()),
    )  # fmt: skip
    item = Pending(context=context, frequencies=np.zeros((1, 256), np.uint16), segment=segment)
    output = LaneOutput(tokens=symbols.tokens, end_states=np.array([end], np.uint32))
    rebuild.rebuild(item, output, outputs)


@pytest.mark.parametrize("dtype", ["i2", "i4"])
def test_segments_share_a_byte(dtype: str) -> None:
    """Narrow elements of two segments that meet inside a byte do not disturb each other."""
    bits = BY_NAME[dtype].bits
    values = RANDOM.integers(-(1 << bits - 1), 1 << bits - 1, 35)
    span = span_of(dtype, (5, 7))
    context, outputs = context_of(span, INT), {0: np.zeros(span.tensor.byte_size, np.uint8)}
    for first, stop in ((0, 3), (3, 20), (20, 35)):
        put(context, first, values[first:stop], outputs)
    assert unpack_bits(outputs[0], bits, 35).tolist() == (values & (1 << bits) - 1).tolist()


def test_elements_of_six_bits_share_three_bytes() -> None:
    """Six-bit elements that begin anywhere are packed behind those that are there."""
    values = RANDOM.integers(0, 64, 23).astype(np.uint8)
    out = np.zeros(18, np.uint8)
    for first, stop in ((0, 1), (1, 2), (2, 9), (9, 23)):
        rebuild._place_packed(out, BY_NAME["f6_e2m3"], first, values[first:stop])
    assert out.tobytes() == pack_bits(values, 6).tobytes()


def test_what_nobody_wants_is_dropped() -> None:
    """A segment of a tensor without room changes no other tensor."""
    span = span_of("i8", (3, 4), number=1)
    outputs = {0: np.zeros(12, np.uint8)}
    put(context_of(span, INT), 0, np.arange(12), outputs)
    assert not outputs[0].any()


def test_rows_of_wide_integers_are_finished_alone() -> None:
    """The zigzag of the rows of one group is undone; rows of other groups stay as they are."""
    whole = np.array([5, -3, 1 << 40, -(1 << 62), 7, -8], np.int64).reshape(3, 2)
    halves, _ = integers.int_split(whole.reshape(-1).view("<u8"), BY_NAME["i64"])
    span = span_of("i64", (3, 2), offset=4)
    context, outputs = context_of(span, INT), {0: np.zeros(48, np.uint8)}
    for first, half in enumerate(halves[4:].tolist()):
        rebuild.place(
            outputs,
            span,
            Part(span=0, first=first, count=1, at=0),
            np.array([half], np.uint32),
        )
    finish_integers(context.group, [span], outputs)
    assert outputs[0].view("<i8").tolist() == [0, 0, *whole.reshape(-1)[2:].tolist()]


def test_steps_of_rows_that_earlier_groups_began() -> None:
    """In a group that begins at row 2, element 0 has the step of row 2."""
    span = span_of("f32", (4, 3), offset=6)
    steps = {"step_mantissa": np.array([11, 12, 13, 14]), "step_exponent": np.zeros(4, np.int64)}
    context = context_of(span, UNIFORM, step_axis=np.array([1]), **steps)
    mantissa, _ = steps_of(context, Part(span=0, first=1, count=5, at=0))
    assert np.asarray(mantissa).tolist() == [13, 13, 14, 14, 14]


@pytest.mark.parametrize(
    ("end", "payload"), [((1 << 16) + 1, False), ((1 << 17), True), ((1 << 16) - 1, True)]
)
def test_lanes_end_as_they_must(end: int, payload: bool) -> None:
    """Without a payload an end state is 65536, with one it lies below 131072."""
    span = span_of("i8", (1, 2))
    with pytest.raises(DombitError) as caught:
        put(context_of(span, INT), 0, np.zeros(2, int), {}, end=end, payload=payload)
    assert (caught.value.kind, caught.value.rule) == ("integrity", "R-ENT-014")
