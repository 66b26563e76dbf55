"""A sparse segment of levels in f64: with the coding uniform elements are not halved."""

from __future__ import annotations

from conformance.make.dom.root_many import model as root
from conformance.make.doms import dom, near
from conformance.make.model import Group, How, Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model: 1 + 3/2, and an infinity that becomes -1/2."""
    tensor = near(root(), "f64", 79, 1 << 40)
    tensor.bits[2], tensor.bits[7] = 0x4004 << 48, 0xBFE0 << 48
    how = How(steps=[(1, -1)], levels=[0, 0, 3, 0, 0, 0, 0, -1])
    group = Group(coding="uniform", predicted=True, sparse=True, hows=[how])
    return dom(root(), [tensor], [group])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "sparse", "uniform", "f64", roots=("dom/root_many",))
