"""A root: zeros, infinities, NaNs, ties and ends of the narrow floats, in f32."""

from __future__ import annotations

from conformance.make.doms import patterns, plain
from conformance.make.model import Model, Tensor
from conformance.make.vector import Vector, valid

W = patterns("""
00000000 80000000 3F800000 BFC00000 7F800000 FF800000 7FC00001 FF800001 3F808000
3F818000 3F808001 7F7FFFFF 00000001 00008000 00018000 807FFFFF 477FF000 477FEFFF
33000000 33000001 33C00000 387FE000 B3800000 3F801000 3F803000 C7800000 3F880000
3F980000 43E80000 B8000000
""")


def model() -> Model:
    """One tensor of 30 elements."""
    return plain(Tensor("w", "f32", (30,), W))


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "stored", "f32")
