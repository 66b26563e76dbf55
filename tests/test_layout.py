"""Layout: spans, parts and rows of a group, against arrays that are indexed plainly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit.dtypes import BY_NAME
from dombit.errors import DombitError
from dombit.layout import lay_out, map_lengths, parts, rows_of, step_places
from dombit.records import FLOAT, INT, UNIFORM, Group, Structure, Tensor

SHAPES = st.lists(st.lists(st.integers(0, 5), max_size=4).map(tuple), min_size=1, max_size=4)


def structure_of(shapes: list[tuple[int, ...]], dtype: str = "f32") -> Structure:
    """Return a structure of tensors with these shapes."""
    tensors = tuple(
        Tensor(name=f"t{n}", dtype=BY_NAME[dtype], shape=shape, data=None)
        for n, shape in enumerate(shapes)
    )
    size = sum(tensor.byte_size for tensor in tensors)
    return Structure(tensors=tensors, coded_order=np.arange(len(shapes)), output_bytes=size)


def group_of(structure: Structure, coding: int = FLOAT, **more: Any) -> Group:
    """Return a group of all tensors of a structure, with default axis groups."""
    count = len(structure.tensors)
    ranks = [len(tensor.shape) for tensor in structure.tensors]
    nothing = np.zeros(count, np.int64)
    settings_: dict[str, Any] = {
        "split_rows": np.minimum(ranks, 1),
        "split_columns": np.array(ranks),
        **dict.fromkeys(
            ("class_axes", "context_bias", "step_axis", "first_exponent", "low_zero_rows"), nothing
        ),
        "low_zero": nothing,
        "step_mantissa": nothing,
        "step_exponent": nothing,
        "table_map": np.zeros(64, np.uint8),
        **more,
    }
    return Group(first=0, count=count, dtype=structure.tensors[0].dtype, coding=coding, **settings_)


@settings(deadline=None, max_examples=100)
@given(shapes=SHAPES, data=st.data())
def test_parts_cover_a_segment(shapes: list[tuple[int, ...]], data: st.DataObject) -> None:
    """Parts follow each other in the segment, and hold the elements of the flat sequence."""
    structure = structure_of(shapes)
    layout = lay_out(group_of(structure), structure)
    sequence = [
        (place, n) for place, shape in enumerate(shapes) for n in range(int(np.prod(shape)))
    ]
    assert layout.total == len(sequence)
    first = data.draw(st.integers(0, layout.total))
    count = data.draw(st.integers(0, layout.total - first))
    found = []
    for part in parts(layout, first, count):
        assert part.at == len(found) and part.count > 0
        found += [(part.span, part.first + n) for n in range(part.count)]
    assert found == sequence[first : first + count]


@settings(deadline=None, max_examples=100)
@given(rows=st.integers(1, 6), columns=st.integers(1, 7), data=st.data())
def test_rows_of_a_part(rows: int, columns: int, data: st.DataObject) -> None:
    """Edges cut a part where the rows of its tensor begin."""
    structure = structure_of([(rows, columns)])
    layout = lay_out(group_of(structure), structure)
    first = data.draw(st.integers(0, layout.total - 1))
    count = data.draw(st.integers(1, layout.total - first))
    (part,) = parts(layout, first, count)
    row, edges = rows_of(layout.spans[0], part)
    each = np.arange(first, first + count) // columns
    assert row == each[0] and edges[0] == 0 and edges[-1] == count
    assert np.diff(edges).tolist() == np.bincount(each - row).tolist()


def test_axis_groups_and_rows_of_a_cut_tensor() -> None:
    """A span counts the rows of its group only, and knows how many elements come before."""
    structure = structure_of([(4, 3, 5, 2)])
    cut = {"first_row": 3, "row_limit": 9}
    splits = {"split_rows": np.array([2]), "split_columns": np.array([3])}
    (span,) = lay_out(group_of(structure, **cut, **splits), structure).spans
    assert (span.shape, span.offset, span.count, span.columns) == ((6, 5, 2), 30, 60, 10)


def test_complex_and_wide_integers_have_one_more_axis() -> None:
    """Complex parts, and halves of 64-bit integers in the integer coding, are elements."""
    for dtype, coding, last in (("c64", FLOAT, 2), ("i64", INT, 2), ("i64", UNIFORM, 3)):
        structure = structure_of([(3,)], dtype)
        (span,) = lay_out(group_of(structure, coding), structure).spans
        assert span.coded[-1] == last and span.count == (3 if last == 3 else 6)


@pytest.mark.parametrize(("first", "limit"), [(5, 0), (0, 5), (3, 2)])
def test_rows_outside_their_tensor(first: int, limit: int) -> None:
    """Rows that leave the tensor, or end before they begin, have no layout."""
    structure = structure_of([(4, 2)])
    group = replace(group_of(structure), first_row=first, row_limit=limit)
    with pytest.raises(DombitError) as caught:
        lay_out(group, structure)
    assert (caught.value.rule, caught.value.tensor) == ("R-GRP-050", "t0")


def test_maps_and_steps_in_order() -> None:
    """The map sequence goes tensor by tensor, axis by axis, zero bits last; steps likewise."""
    structure = structure_of([(4, 3), (), (2, 5, 6)])
    group = group_of(
        structure,
        class_axes=np.array([3, 0, 5]),
        low_zero_rows=np.array([1, 0, 1]),
        split_columns=np.array([2, 0, 2]),
        step_axis=np.array([2, 0, 3]),
    )
    layout = lay_out(group, structure)
    assert map_lengths(group, layout) == [
        (0, 0, 4), (0, 1, 3), (0, 3, 4), (2, 0, 2), (2, 2, 6), (2, 3, 2),
    ]  # fmt: skip
    assert step_places(group, layout) == ((0, 3, 2), (3, 1, 0), (4, 6, 3))
