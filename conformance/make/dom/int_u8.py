"""The least difference of u8, -128, and the greatest, 127."""

from __future__ import annotations

from conformance.make.dom.root_many import model as root
from conformance.make.doms import dom, near
from conformance.make.model import Group, How, Model
from conformance.make.vector import Vector, valid


def model(first: int = -128) -> Model:
    """Return the model: 128, 126, and six elements of the root."""
    tensor = near(root(), "u8", 78, 1 << 40)
    tensor.bits[:2] = [128, 126]
    how = How(levels=[first, 127, 0, 0, 0, 0, 0, 0])
    return dom(root(), [tensor], [Group(coding="int", predicted=True, hows=[how])])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "int", "u8", roots=("dom/root_many",))
