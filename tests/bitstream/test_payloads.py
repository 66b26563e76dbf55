"""Payloads: every record survives build and parse, and any bytes give a record or a DombitError."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit.bitstream import registry as types
from dombit.errors import DombitError
from dombit.limits import Limits
from dombit.records import FLOAT, Alias, Group, StreamHeader

PARSED = [
    types.HEADER,
    types.METADATA,
    types.STRUCTURE,
    types.SKELETON,
    types.GROUP,
    types.SEGMENT,
    types.MODEL_END,
]


def same(left: Any, right: Any) -> bool:
    """Compare records that hold arrays and views."""
    if is_dataclass(left):
        return type(left) is type(right) and all(
            same(getattr(left, item.name), getattr(right, item.name)) for item in fields(left)
        )
    if isinstance(left, np.ndarray):
        return np.array_equal(left, right)
    if isinstance(left, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


@pytest.mark.parametrize("unit_type", PARSED)
def test_the_sample_survives(lab: Any, unit_type: int) -> None:
    """A record that is built and parsed is the same record."""
    sample = {
        types.HEADER: StreamHeader(),
        types.METADATA: lab.metadata,
        types.STRUCTURE: lab.structure,
        types.SKELETON: lab.skeleton,
        types.GROUP: lab.groups[FLOAT],
        types.SEGMENT: lab.dense,
        types.MODEL_END: lab.model_end,
    }[unit_type]
    assert same(lab.parse(unit_type, lab.payload(unit_type)), sample)


def test_groups_of_every_coding_and_maps_survive(lab: Any) -> None:
    """All codings, and map segments, come back as they were."""
    for record in (*lab.groups.values(), lab.half):
        assert same(lab.parse(types.GROUP, lab.payload(types.GROUP, record)), record)
    assert same(lab.parse(types.SEGMENT, lab.payload(types.SEGMENT, lab.map)), lab.map)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(max_size=9), st.text(max_size=30), max_size=8))
def test_metadata_survives(entries: dict[str, str]) -> None:
    """Any text is metadata, also empty keys and values."""
    from dombit.bitstream import metadata
    from dombit.bitstream.source import loose_unit

    assert metadata.parse(loose_unit(types.METADATA, metadata.build(entries)), Limits()) == entries


NAMES = st.lists(
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12),
    unique=True,
    max_size=9,
)


@settings(max_examples=60, deadline=None)
@given(NAMES, st.data())
def test_structures_survive(lab: Any, names: list[str], data: st.DataObject) -> None:
    """Names, dtypes, shapes, hidden tensors and whole aliases come back as they were."""
    from dombit.dtypes import DTYPES
    from dombit.records import Structure, Tensor

    tensors: list[Tensor] = []
    for name in names:
        plain = [number for number, item in enumerate(tensors) if item.alias is None]
        target = data.draw(st.sampled_from([None, *plain]))
        if target is None:
            dtype = data.draw(st.sampled_from(DTYPES))
            shape = tuple(data.draw(st.lists(st.integers(0, 300), max_size=4)))
            hidden = data.draw(st.booleans())
            tensors.append(Tensor(name=name, dtype=dtype, shape=shape, data=None, hidden=hidden))
            continue
        source = tensors[target]
        alias = Alias(target=target)
        tensors.append(
            Tensor(name=name, dtype=source.dtype, shape=source.shape, data=None, alias=alias)
        )
    coded = [number for number, item in enumerate(tensors) if item.alias is None]
    record = Structure(
        tensors=tuple(tensors),
        coded_order=np.array(data.draw(st.permutations(coded)), np.int64),
        output_bytes=sum(item.byte_size for item in tensors),
    )

    payload = lab.payload(types.STRUCTURE, record)
    found = lab.parse(types.STRUCTURE, payload, limits=Limits(output_bytes=1 << 50))
    assert same(found, record)
    assert lab.payload(types.STRUCTURE, found) == payload


@settings(max_examples=40, deadline=None)
@given(st.integers(-256, 255), st.integers(0, 7), st.integers(0, 21), st.integers(0, 2))
def test_float_groups_survive(lab: Any, bias: int, axes: int, zeros: int, split: int) -> None:
    """Parameters of a float group come back as they were."""
    sample: Group = lab.groups[FLOAT]
    from dataclasses import replace

    record = replace(
        sample,
        context_bias=np.array([bias, -bias // 2]),
        class_axes=np.array([axes, 7 - axes]),
        low_zero=np.array([zeros, 0]),
        split_rows=np.array([split, 0]),
    )
    assert same(lab.parse(types.GROUP, lab.payload(types.GROUP, record)), record)


@pytest.mark.parametrize("unit_type", PARSED)
def test_any_bytes_give_a_record_or_a_dombit_error(lab: Any, unit_type: int) -> None:
    """A payload with changed, missing or added bytes is never another exception."""
    payload = lab.payload(unit_type)
    random = np.random.default_rng(unit_type)
    refused = 0
    for _ in range(400):
        spoiled = bytearray(payload)
        for place in random.integers(0, len(payload), random.integers(1, 4)):
            spoiled[place] = random.integers(0, 256)
        cut = int(random.integers(0, len(payload) + 1)) if random.random() < 0.2 else None
        try:
            lab.parse(unit_type, bytes(spoiled[:cut]))
        except DombitError:
            refused += 1
    assert refused > 20


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PARSED), st.binary(max_size=120))
def test_random_bytes_give_a_record_or_a_dombit_error(
    lab: Any, unit_type: int, payload: bytes
) -> None:
    """Bytes that were never a payload are never another exception."""
    try:
        lab.parse(unit_type, payload)
    except DombitError as error:
        assert error.rule.startswith("R-")
