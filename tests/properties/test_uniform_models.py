"""Uniform: whole models of mixed dtypes stay within the bound of the step that each tensor has."""

from __future__ import annotations

from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dombit
from dombit.api import decode_stream, units_of
from dombit.arithmetic import step_value, to_float64
from dombit.bitstream import group as group_chapter
from dombit.bitstream import registry
from dombit.dtypes import DTYPES, DType
from dombit.elements import patterns_of
from dombit.limits import LEVELS, Limits
from dombit.models.arrays import tensors_from_state_dict
from dombit.quantization.choose import uniform_bound
from dombit.records import UNIFORM

KINDS = {dtype.name: dtype for dtype in DTYPES if dtype.numpy_dtype() is not None}
ARRAYS = st.tuples(
    st.sampled_from(sorted(KINDS)),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=8),
    st.integers(-8, 12),
    st.integers(0, 2**32 - 1),
)


def array_of(name: str, shape: tuple[int, ...], scale: int, seed: int) -> np.ndarray:
    """Return an array of bell-shaped values, or of random bits where there are no such values."""
    random, kind = np.random.default_rng(seed), np.dtype(KINDS[name].numpy_dtype())
    if KINDS[name].bits < 8 or kind == np.bool_:
        return random.integers(0, 2, shape).astype(np.int8).astype(kind)
    values = np.asarray(random.normal(0, 2.0**scale, shape))
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        values = np.clip(np.rint(values), max(limits.min, -(2**50)), min(limits.max, 2**50))
    with np.errstate(all="ignore"):
        return values.astype(kind)


def steps_in(data: bytes) -> dict[str, tuple[int, int]]:
    """Return the step of each tensor that a stream codes as uniform."""
    structure, found = decode_stream(data).structure, {}
    for unit in units_of(data, Limits()):
        if unit.type != registry.GROUP:
            continue
        group = group_chapter.parse(unit, structure, LEVELS[1])
        if group.coding == UNIFORM:
            for place in range(group.count):
                number = int(structure.coded_order[group.first + place])
                step = int(group.step_mantissa[place]), int(group.step_exponent[place])
                found[structure.tensors[number].name] = step
    for tensor in structure.tensors:
        if tensor.alias is not None:
            target = structure.tensors[tensor.alias.target].name
            found.update({tensor.name: found[target]} if target in found else {})
    return found


def numbers(array: np.ndarray, dtype: DType) -> list[float]:
    """Return the values of an array in fp64."""
    (tensor,) = tensors_from_state_dict({"w": array})
    assert tensor.data is not None
    found: list[float] = to_float64(patterns_of(tensor.data, dtype, array.shape), dtype).tolist()
    return found


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(
    parts=st.lists(ARRAYS, min_size=1, max_size=5),
    log_step=st.floats(-12, 8),
    offset=st.sampled_from([0.0, 0.3, 0.4, 0.5, 0.9]),
    everything=st.booleans(),
)
def test_every_quantised_tensor_stays_within_its_bound(
    parts: list[Any], log_step: float, offset: float, everything: bool
) -> None:
    """No element is further off than max(f, 1 - f) steps and half an ulp; others are unchanged.

    A tensor has the step that was asked for, to 12 bits; the nearest one of fewer bits, down to a
    power of two, where its levels are too large for that; or a smaller one of its own.
    """
    model = {f"t{n}": array_of(*part) for n, part in enumerate(parts)}
    step = 2.0**log_step
    data = dombit.to_bytes(model, step=step, all=everything, offset=offset, engine="numpy", jobs=1)
    steps, found = steps_in(data), dombit.decode(data, engine="numpy", jobs=1)
    assert list(found) == list(model)
    for (name, array), (kind, *_) in zip(model.items(), parts, strict=True):
        assert found[name].dtype == array.dtype and found[name].shape == array.shape
        if name not in steps:
            assert found[name].tobytes() == array.tobytes()
            continue
        dtype = KINDS[kind]
        assert everything or (dtype.family == "float" and array.ndim > 1)
        assert step_value(*steps[name]) <= step * 4 / 3
        pairs = zip(numbers(array, dtype), numbers(found[name], dtype), strict=True)
        for old, new in pairs:
            bound = uniform_bound(steps[name], offset, dtype, new) * (1 + 1e-12)
            assert abs(old - new) <= bound, (name, kind, old, new)
