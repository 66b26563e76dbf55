"""Groups: batches of segments, steps along axes, and elements put into their tensors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import dombit
from dombit import decoder, segments
from dombit.api import decode_stream, units_of
from dombit.arithmetic import step_value
from dombit.batch import Batch
from dombit.bitstream import registry
from dombit.choose import parameters
from dombit.dtypes import BY_NAME, unpack_bits
from dombit.layout import lay_out, step_places
from dombit.limits import LEVELS, Limits
from dombit.rebuild import fill_constants, rebuild
from dombit.records import CONSTANT, Group, Structure, Tensor

RANDOM = np.random.default_rng(21)
MODEL = {
    "a": RANDOM.normal(0, 1, (40, 300)).astype(np.float32),
    "b": RANDOM.normal(0, 1, (30, 200)).astype(ml_dtypes.bfloat16),
    "c": RANDOM.integers(-9, 9, (500, 10)),
    "d": RANDOM.integers(-4, 4, 7001).astype(ml_dtypes.int4),
    "e": RANDOM.integers(0, 5, 3000).astype(np.uint16),
}


def many_segments(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Let the encoder cut a group into segments of about so many symbols."""
    plain = parameters.entropy_choose.segments_for
    monkeypatch.setattr(
        parameters.entropy_choose, "segments_for", lambda total, _=None: plain(total, size)
    )


@pytest.mark.parametrize("settings", [{}, {"step": 0.01}, {"level": 2}])
@pytest.mark.parametrize("size", [97, 1000])
def test_segments_may_begin_anywhere(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], size: int
) -> None:
    """Segments that begin inside rows, halves and bytes give the model of one segment."""
    whole = dombit.decode(dombit.to_bytes(MODEL, **settings))
    many_segments(monkeypatch, size)
    data = dombit.to_bytes(MODEL, **settings)
    kinds = [unit.type for unit in units_of(data, Limits())]
    assert kinds.count(registry.SEGMENT) > 20
    for found in (
        dombit.decode(data, jobs=3),
        dombit.decode(data, engine="numpy", jobs=1),
    ):
        assert {k: v.tobytes() for k, v in found.items()} == {
            k: v.tobytes() for k, v in whole.items()
        }
    with dombit.open(data) as stream:
        for name, array in whole.items():
            assert stream.get_tensor(name).tobytes() == array.tobytes()
            part = stream.get_slice(name)[3:11]
            assert part.tobytes() == array[3:11].tobytes()


@pytest.mark.parametrize(
    "limit", [{"bytes_limit": 1}, {"bytes_limit": 30_000}, {"tables_limit": 2}]
)
def test_batches_do_not_matter(monkeypatch: pytest.MonkeyPatch, limit: dict[str, int]) -> None:
    """However many segments wait for each other, the model is the same."""
    many_segments(monkeypatch, 700)
    monkeypatch.setattr(segments, "BATCH", 1500)
    data = dombit.to_bytes(MODEL)
    whole = dombit.decode(data)
    monkeypatch.setattr(decoder, "Batch", lambda **more: Batch(**{**more, **limit}))
    small = dombit.decode(data)
    assert {k: v.tobytes() for k, v in small.items()} == {k: v.tobytes() for k, v in whole.items()}


def test_a_batch_is_full_by_symbols_or_tables() -> None:
    """Segments wait until their symbols, or the tables of their groups, reach a limit."""
    units = list(units_of(dombit.to_bytes({"a": MODEL["a"]}), Limits()))
    structure = decode_stream(dombit.to_bytes({"a": MODEL["a"]})).structure
    from dombit.bitstream import group as group_chapter
    from dombit.groups import open_group, take_segment
    from dombit.trace import no_trace

    group = next(unit for unit in units if unit.type == registry.GROUP)
    opened = open_group(group_chapter.parse(group, structure, LEVELS[1]), structure, LEVELS[1])
    batch = Batch()
    assert not batch.full
    for unit in units:
        if unit.type == registry.SEGMENT:
            take_segment(opened, unit, batch, no_trace)
    cost = sum(5 * each.segment.count + 2 * each.segment.tail.nbytes for each in batch.pending)
    assert not batch.full and cost > 5 * 12_000
    assert replace(batch, bytes_limit=cost).full and not replace(batch, bytes_limit=cost + 1).full
    tables = len(opened.frequencies)
    assert replace(batch, tables_limit=tables).full
    assert not replace(batch, tables_limit=tables + 1).full


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_steps_along_an_axis(axis: int) -> None:
    """With a step for each index of an axis, an element is its level times the step there."""
    from dombit.entropy.lanes import LaneOutput
    from dombit.kernels import NUMPY
    from dombit.rebuild import Pending
    from dombit.records import DENSE, UNIFORM, Hybrid, Segment
    from dombit.sides import write_sides
    from dombit.symbols import GroupContext, split_integers

    shape = (3, 4, 5)
    levels = RANDOM.integers(-40, 40, 60)
    count = shape[axis - 1]
    group = group_of(
        shape, "f32", UNIFORM, hybrid=Hybrid(), step_axis=np.array([axis]),
        step_mantissa=np.arange(1, count + 1), step_exponent=np.arange(count) - 5,
    )  # fmt: skip
    structure = structure_of(shape, "f32")
    layout = lay_out(group, structure)
    context = GroupContext(
        group=group, layout=layout, classes=((None, None, None),),
        low_zero=(np.zeros(3, np.uint8),), steps_at=step_places(group, layout),
    )  # fmt: skip
    outputs = {0: np.zeros(240, np.uint8)}
    for first, stop in ((0, 23), (23, 60)):
        here = levels[first:stop]
        symbols = split_integers(group, True, np.abs(here).astype(np.uint32), here < 0)
        _, tail = write_sides(symbols.sides, symbols.side_widths, 0, NUMPY)
        segment = Segment(
            kind=DENSE, lanes_log2=0, first=first, count=stop - first,
            states=np.zeros(1, np.uint32), words=np.zeros(0, np.uint16), tail=memoryview(tail),
        )  # fmt: skip
        item = Pending(context=context, frequencies=np.zeros((1, 256), np.uint16), segment=segment)
        output = LaneOutput(tokens=symbols.tokens, end_states=np.array([1 << 16], np.uint32))
        rebuild(item, output, outputs)
    index = np.indices(shape)[axis - 1].reshape(-1)
    steps = np.array([step_value(n + 1, n - 5) for n in range(count)])
    assert outputs[0].view("<f4").tolist() == (levels * steps[index]).tolist()


@pytest.mark.parametrize(
    ("dtype", "constant"), [("u4", b"\x0b"), ("f6_e2m3", b"\x2a"), ("f64", b"\1\2\3\4\5\6\7\x08")]
)
def test_constants_fill_tensors(dtype: str, constant: bytes) -> None:
    """Every element of a constant tensor is the one that the group unit holds."""
    structure, group = structure_of((3, 3), dtype), group_of((3, 3), dtype, CONSTANT)
    group = replace(group, constants=constant)
    size = structure.tensors[0].byte_size
    outputs = {0: np.zeros(size, np.uint8)}
    fill_constants(group, lay_out(group, structure), outputs)
    bits = BY_NAME[dtype].bits
    if bits < 8:
        assert unpack_bits(outputs[0], bits, 9).tolist() == [constant[0]] * 9
    else:
        assert outputs[0].tobytes() == constant * 9
    nothing: dict[int, np.ndarray] = {}
    fill_constants(group, lay_out(group, structure), nothing)
    assert not nothing


def structure_of(shape: tuple[int, ...], dtype: str) -> Structure:
    """Return a structure of one tensor."""
    tensor = Tensor(name="t", dtype=BY_NAME[dtype], shape=shape, data=None)
    return Structure(tensors=(tensor,), coded_order=np.array([0]), output_bytes=tensor.byte_size)


def group_of(shape: tuple[int, ...], dtype: str, coding: int, **more: Any) -> Group:
    """Return a group of one tensor."""
    one = np.zeros(1, np.int64)
    columns = (
        "class_axes", "context_bias", "step_axis", "step_mantissa", "step_exponent",
        "first_exponent", "low_zero_rows", "low_zero",
    )  # fmt: skip
    values = {**dict.fromkeys(columns, one), "table_map": np.zeros(64, np.uint8), **more}
    return Group(
        first=0, count=1, dtype=BY_NAME[dtype], coding=coding, split_rows=one + 1,
        split_columns=one + len(shape), **values,
    )  # fmt: skip


@pytest.mark.parametrize("engine", ["numpy", "auto"])
def test_tensors_of_a_segment_have_steps_of_their_own(engine: Any) -> None:
    """Large levels of a tensor with a short step do not count against a neighbour's long step."""
    model = {
        "far": np.array([[1, 30_000], [2, 20_000]], np.float32),
        "near": RANDOM.normal(0, 1, (2, 3)).astype(np.float32),
        "wide": RANDOM.normal(0, 1, (5, 3)).astype(np.float32) * 3000,
    }
    found = dombit.decode(dombit.to_bytes(model, step=0.3), engine=engine)
    for name, array in model.items():
        assert np.abs(found[name] - array).max() <= 0.6 * 0.3 * 1.5
