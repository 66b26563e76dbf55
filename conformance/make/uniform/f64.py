"""f64 with a step of 24 bits, and |level| * m just below 2^53."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f64, valid


def model() -> Model:
    """One tensor; the patterns are written down, not computed."""
    levels = [1, -3, 536870945]
    bits = f64(16777215 * 2.0**-1000, -50331645 * 2.0**-1000, 536870945 * 16777183 * 2.0**900)
    how = How(steps=[(16777215, -1000)] * 2 + [(16777183, 900)], levels=levels, step_axis=1)
    group = Group(coding="uniform", hows=[how])
    return Model(tensors=[Tensor("w", "f64", (3,), bits)], groups=[group], index=False, level=2)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "uniform", "f64", "step-axis")
