"""Stored groups: bytes as they are, whatever units they come in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dombit
from dombit import writing
from dombit.dtypes import BY_NAME
from dombit.errors import DombitError
from dombit.layout import Layout, Span
from dombit.records import Tensor
from dombit.stored import close_stored, lay_out_bytes, stored_pieces, take_stored


def layout_of(sizes: list[int], dtype: str = "u8") -> Layout:
    """Return a layout of vectors with these lengths."""
    spans = []
    for number, size in enumerate(sizes):
        tensor = Tensor(name=f"t{number}", dtype=BY_NAME[dtype], shape=(size,), data=None)
        at = sum(sizes[:number])
        spans.append(
            Span(
                number=number, tensor=tensor, coded=(size,), shape=(size, 1, 1), offset=0, start=at
            )
        )
    return Layout(spans=tuple(spans), starts=np.cumsum([0, *sizes]))


def outputs_of(layout: Layout) -> dict[int, np.ndarray]:
    """Return room for the bytes of all tensors."""
    return {span.number: np.zeros(span.tensor.byte_size, np.uint8) for span in layout.spans}


@settings(deadline=None, max_examples=80)
@given(
    sizes=st.lists(st.integers(0, 300), min_size=1, max_size=5),
    alignment=st.integers(0, 6),
    units=st.lists(st.integers(1, 4), max_size=8),
)
def test_units_of_any_size(sizes: list[int], alignment: int, units: list[int]) -> None:
    """Tensors come out of pieces of the sequence, and begin at multiples of the alignment."""
    layout, random = layout_of(sizes), np.random.default_rng(4)
    datas = {n: random.integers(0, 256, size, np.uint8) for n, size in enumerate(sizes)}
    sequence = lay_out_bytes(layout, alignment)
    assert all(first % (1 << alignment) == 0 for _, first, _ in sequence.spans)
    data = np.concatenate([np.zeros(0, np.uint8), *stored_pieces(layout, alignment, datas)])
    assert data.size == sequence.total

    outputs, at = outputs_of(layout), 0
    for size in [64 * count for count in units] + [data.size]:
        part = data[at : at + size]
        if part.size:
            take_stored(sequence, memoryview(part), outputs, last=at + size >= data.size)
        at += size
    close_stored(sequence)
    assert all(np.array_equal(outputs[n], datas[n]) for n in datas)


def refused(action: Any) -> str:
    """Return the rule of the error that an action must raise, stage segment."""
    with pytest.raises(DombitError) as caught:
        action()
    assert caught.value.stage == "segment"
    return caught.value.rule


def test_units_that_do_not_fit() -> None:
    """Too many bytes, none, a short unit inside, gaps that are not zero, and too few bytes."""
    layout = layout_of([70, 40])

    def taking(*units: bytes) -> Any:
        sequence, outputs = lay_out_bytes(layout, 6), outputs_of(layout)

        def run() -> None:
            for number, unit in enumerate(units, 1):
                take_stored(sequence, memoryview(unit), outputs, last=number == len(units))
            close_stored(sequence)

        return run

    assert refused(taking(bytes(169))) == "R-SEG-038"
    assert refused(taking(bytes(64), b"")) == "R-SEG-038"
    assert refused(taking(bytes(65), bytes(0))) == "R-SEG-039"
    assert refused(taking(bytes(70) + b"\1" + bytes(97))) == "R-SEG-041"
    assert refused(taking(bytes(128))) == "R-SEG-042"
    taking(bytes(64), bytes(104))()


def test_unused_bits_are_zero() -> None:
    """Three elements of four bits leave half a byte, which must be zero."""
    layout = layout_of([3], "u4")
    outputs, sequence = outputs_of(layout), lay_out_bytes(layout, 0)
    unit = memoryview(b"\x21\x13")
    assert refused(lambda: take_stored(sequence, unit, outputs, last=True)) == "R-SEG-043"


def test_tensors_that_nobody_wants_are_passed_over() -> None:
    """Only the tensors with room are filled."""
    layout = layout_of([64, 64])
    outputs = {1: np.zeros(64, np.uint8)}
    sequence, unit = lay_out_bytes(layout, 6), memoryview(bytes(64) + bytes([7] * 64))
    take_stored(sequence, unit, outputs, last=True)
    assert outputs[1].tolist() == [7] * 64


def test_a_long_sequence_is_cut_into_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """The encoder writes units of the size that it is told, and they come back, also alone."""
    monkeypatch.setattr(writing, "STORED_UNIT", 256)
    bits = np.random.default_rng(2).integers(0, 1 << 32, (3, 150), np.uint32)
    model = {f"t{n}": row for n, row in enumerate(bits)}
    data = dombit.to_bytes(model)
    kinds = [unit.type for unit in dombit.api.units_of(data, dombit.Limits())]
    assert kinds.count(8) == -(-3 * 600 // 256)
    with dombit.open(data) as stream:
        for name, array in dombit.decode(data).items():
            assert np.array_equal(array, model[name])
            assert np.array_equal(stream.get_tensor(name), model[name])
