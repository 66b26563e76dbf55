"""A DoM of a DoM of a DoM, in another dtype; its roots come in another order."""

from __future__ import annotations

from conformance.make.dom.chain_2 import model as root
from conformance.make.doms import dom
from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model: w in f64, which is exact, with the last element greater by one unit."""
    bits = [wide(x) for x in root().tensors[0].bits]
    group = Group(coding="int", predicted=True, hows=[How(prediction=bits)])
    return dom(root(), [Tensor("w", "f64", (3, 8), [*bits[:-1], bits[-1] + 1])], [group])


def wide(x: int) -> int:
    """Return a finite f32 that is not subnormal in f64."""
    exponent = (x >> 23 & 255) - 127 + 1023 if x << 1 & 0xFFFFFFFF else 0
    return x >> 31 << 63 | exponent << 52 | (x & 0x7FFFFF) << 29


def build() -> Vector:
    """Build the vector."""
    roots = ("dom/root_grid", "dom/chain_2", "dom/root_f32", "dom/sparse_one")
    return valid(model(), "dom", "int", "chain", "f64", roots=roots)
