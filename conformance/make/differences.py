"""Differences from a root, for the vectors: what is coded of an element that is predicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.make.model import DTYPES, Group, Model, Tensor

SIGNED = {"i8", "i16", "i32", "i64", "i4", "i2"}


def root_tensor(model: Model, tensor: Tensor) -> Tensor:
    """Return the tensor of the root that a tensor says, or the one of its name."""
    assert model.root is not None
    there = model.root.numbered()
    if tensor.root_tensor >= 2:
        return there[tensor.root_tensor - 2]
    return next(one for one in there if one.name == tensor.name)


def with_predictions(model: Model, tensors: list[Tensor], group: Group) -> Group:
    """Return a predicted group that knows its predictions: those given, or the root's bits."""
    if not group.predicted:
        return group
    hows = [
        how if how.prediction else replace(how, prediction=root_tensor(model, tensor).bits)
        for tensor, how in zip(tensors, group.hows, strict=True)
    ]
    return replace(group, hows=hows)


def order(dtype: str, pattern: int) -> int:
    """Return the rank of a pattern among all of its dtype, in the order of the numbers."""
    _, width, _, exponents, _ = DTYPES[dtype]
    half = 1 << (width - 1)
    if exponents:
        return 2 * half - 1 - pattern if pattern >= half else pattern + half
    return (pattern + half) % (2 * half) if dtype in SIGNED else pattern


def difference(dtype: str, base: int, pattern: int) -> int:
    """Return d, -2^(b-1) <= d < 2^(b-1), that leads from a prediction to an element."""
    whole = 1 << DTYPES[dtype][1]
    d = (order(dtype, pattern) - order(dtype, base)) % whole
    return d - whole if d >= whole // 2 else d


def differences(dtype: str, bases: Sequence[int], patterns: Sequence[int]) -> list[int]:
    """Return d of all elements; of 64 bits the two halves of its zigzag."""
    ds = [difference(dtype, base, x) for base, x in zip(bases, patterns, strict=True)]
    if DTYPES[dtype][1] < 64:
        return ds
    folded = [2 * d if d >= 0 else -2 * d - 1 for d in ds]
    return [half for u in folded for half in (u >> 32, u & 0xFFFFFFFF)]


def context(group: Group, dtype: str, total: int, base: int) -> int:
    """Return the context of an element by its prediction; `total` is bias and classes."""
    _, width, _, exponents, mantissa = DTYPES[dtype]
    e = base // (1 << mantissa) % (1 << exponents)
    magnitude = base % (1 << (width - 1)) if exponents else base
    above = 64 if group.root_classes == 2 and magnitude else 0
    return above + max(0, min(63, total - group.scale * e))
