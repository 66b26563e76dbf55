"""A root of three rows in f32: values of many exponents, with zeros."""

from __future__ import annotations

from conformance.make.doms import plain
from conformance.make.model import Model, Tensor
from conformance.make.vector import Vector, f32, normal, valid

VALUES = [x * 2.0 ** (n % 7 - 3) * (n % 5 > 0) for n, x in enumerate(normal(5, 24))]


def model() -> Model:
    """Return the root: w, v, and u of other dims."""
    w, v = Tensor("w", "f32", (3, 8), f32(*VALUES)), Tensor("v", "f32", (8,), f32(*VALUES[:8]))
    return plain(w, v, Tensor("u", "f32", (2, 4), f32(*VALUES[8:16])))


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "stored", "f32")
