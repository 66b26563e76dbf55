"""Hostile payloads: a few bytes that stand for billions of rows cost neither memory nor time."""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import numpy as np
import pytest

from dombit.bitstream import registry as types
from dombit.dtypes import BY_NAME
from dombit.errors import DombitError
from dombit.limits import Limits
from dombit.records import FLOAT, UNIFORM, Structure, Tensor

ONE = {"name_shared": [0], "name_length": [0], "name_text": None, "dtype": [18]}
NOTHING = {"rank": None, "dims": None, "tensor_flags": None, "alias_of": None,
           "alias_offset": None, "alias_strides": None, "coded_order": None}  # fmt: skip
MANY = (1 << 32) - 1

BOMBS: list[tuple[int, dict[str, Any], dict[str, Any]]] = [
    (types.STRUCTURE, {"tensor_count": 10_000_000}, {**ONE, **NOTHING}),
    (types.STRUCTURE, {"tensor_count": 10_000_000},
     {**ONE, **NOTHING, "name_length": [1], "name_text": b"x", "rank": [32], "dims": [1]}),
    (types.METADATA, {"entry_count": MANY}, {"key_length": [0], "value_length": [0], "text": None}),
    (types.METADATA, {"entry_count": MANY}, {"key_length": [1 << 52], "value_length": [0]}),
    (types.SKELETON, {"piece_count": MANY}, {}),
    (types.SKELETON, {"piece_count": 10_000_000, "file_count": 1},
     {"file_piece_count": [10_000_000], "piece_kind": [1], "piece_length": [1]}),
    (types.SKELETON, {"file_count": MANY},
     {"file_name_length": [1], "file_name_text": b"x", "file_size": [0]}),
    (types.SKELETON, {}, {"permutation_rank": [1 << 52], "permutation_axes": [0]}),
    (types.GROUP, {"count": MANY}, {}),
    (types.SEGMENT, {"word_count": MANY, "count": (1 << 53) - 1}, {}),
    (types.MODEL_END, {"tensor_count": MANY}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("unit_type", "head", "columns"), BOMBS)
def test_bombs(lab: Any, unit_type: int, head: Any, columns: Any) -> None:
    """Rows that no byte has paid for are refused before they are expanded."""
    payload = lab.spoil(unit_type, lab.payload(unit_type), head, columns)
    assert len(payload) < 1000
    began = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(DombitError):
            lab.parse(unit_type, payload, limits=Limits(output_bytes=1 << 52))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20
    assert time.process_time() - began < 2


def test_steps_and_maps_of_empty_tensors(lab: Any) -> None:
    """A tensor of 2^47 x 0 elements has neither 2^47 steps nor a class vector of that length."""
    empty = Tensor(name="e", dtype=BY_NAME["f32"], shape=(1 << 47, 0), data=None)
    model = Structure(tensors=(empty,), coded_order=np.array([0]), output_bytes=0)
    sample = lab.payload(types.GROUP, lab.groups[UNIFORM])
    head = {"first": 0, "dtype": 18, "segment_count": 0}
    columns = {"step_axis": [1], "step_mantissa": [1], "step_exponent": [0]}
    payload = lab.spoil(types.GROUP, sample, head, columns)
    error = lab.refused(lambda: lab.parse(types.GROUP, payload, structure=model))
    assert error.rule == "R-GRP-025"


def test_an_index_of_too_many_units(lab: Any) -> None:
    """Sizes of units lead to the index, so their number is paid for."""
    fixed, _ = lab.fixed[types.INDEX]
    empty = fixed(unit_count=MANY, column_count=0).build()
    columns = {"unit_type": [1], "unit_size": [16]}
    payload = lab.spoil(types.INDEX, empty, {"unit_count": MANY}, columns)
    error = lab.refused(lambda: lab.parse(types.INDEX, payload, limits=Limits(units=MANY)))
    assert error.rule == "R-IDX-006"


def test_ten_thousand_tensors_are_parsed_at_once(lab: Any) -> None:
    """A structure of 10,000 tensors takes some 40 ms; far more would be a loop too slow."""
    tensors = tuple(
        Tensor(name=f"layers.{n // 10}.weight.{n % 10}", dtype=BY_NAME["f32"], shape=(64, n % 50),
               data=None)
        for n in range(10_000)
    )  # fmt: skip
    size = sum(tensor.byte_size for tensor in tensors)
    model = Structure(tensors=tensors, coded_order=np.arange(10_000), output_bytes=size)
    payload = lab.payload(types.STRUCTURE, model)
    times = []
    for _ in range(3):
        began = time.process_time()
        assert len(lab.parse(types.STRUCTURE, payload).tensors) == 10_000
        times.append(time.process_time() - began)
    assert min(times) < 0.25


def test_long_shared_names_are_limited(lab: Any) -> None:
    """Names of 4096 bytes that share 4095 with the one before are counted in full."""
    tensors = tuple(
        Tensor(name="x" * 4095 + chr(65 + n), dtype=BY_NAME["u8"], shape=(), data=None)
        for n in range(26)
    )
    model = Structure(tensors=tensors, coded_order=np.arange(26), output_bytes=26)
    payload = lab.payload(types.STRUCTURE, model)
    assert len(payload) < 4400
    limits = Limits(inflated_bytes=100_000)
    error = lab.refused(lambda: lab.parse(types.STRUCTURE, payload, limits=limits))
    assert error.rule == "R-LIM-008"


def test_a_valid_float_group_of_broadcast_columns(lab: Any) -> None:
    """Arrays of a record may be views of one element; they are read-only then."""
    record = lab.group(0, 2, FLOAT, segment_count=1, exponent_count=2, low_zero=np.array([3, 3]),
                       table_map=np.zeros(64, np.uint8), tables=b"t", table_count=1,
                       root_classes=1)  # fmt: skip
    found = lab.parse(types.GROUP, lab.payload(types.GROUP, record))
    assert found.low_zero.tolist() == [3, 3]
    assert found.low_zero.strides == (0,)
    assert not found.low_zero.flags.writeable
