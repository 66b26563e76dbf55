"""Hidden tensors, aliases, views, new and changed shapes in a DoM."""

from __future__ import annotations

from conformance.make.dom.root_tied import STORE, A, B
from conformance.make.dom.root_tied import model as root
from conformance.make.doms import dom
from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f32, valid


def model() -> Model:
    """Return the model: d has other dims than in the root, a and new are coded by themselves."""
    tensors = [
        Tensor("own", "f32", (2, 3), B, hidden=True, root_tensor=3, copied=True),
        Tensor("t", "f32", (2,), B[4:], alias_of=0, offset=4),
        Tensor("v", "f32", (3, 2), STORE, alias_of=0, strides=(1, 3)),
        Tensor("c", "f32", (3,), STORE[2:5], copied=True),
        Tensor("e", "f32", (0,), copied=True),
        Tensor("a", "f32", (3,), f32(7.0, 8.0, 9.0), root_tensor=1),
        Tensor("d", "f32", (4,), f32(0.0, -1.0, 1.0, 2.0)),
        Tensor("new", "f32", (), f32(11.0)),
        Tensor("x", "f32", (3,), [pattern + 1 for pattern in A], root_tensor=2),
    ]
    stored = Group(coding="stored", alignment=0, hows=[How(), How(), How()])
    return dom(root(), tensors, [stored, Group(coding="int", predicted=True)])


def build() -> Vector:
    """Build the vector."""
    features = ("dom", "copied", "int", "stored", "hidden", "alias", "view")
    return valid(model(), *features, roots=("dom/root_tied",))
