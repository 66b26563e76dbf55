"""Differences in bf16 from a root in f32: the cast of the root is the prediction."""

from __future__ import annotations

from conformance.make.dom.copied_bf16 import BITS
from conformance.make.dom.root_f32 import model as root
from conformance.make.doms import dom
from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model: elements are 0, 1 or 2 above the cast."""
    bits = [x + n % 3 * (n % 2 + 1) % 3 for n, x in enumerate(BITS)]
    group = Group(coding="int", predicted=True, hows=[How(prediction=BITS)])
    return dom(root(), [Tensor("w", "bf16", (30,), bits)], [group])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "int", "bf16", "cast", roots=("dom/root_f32",))
