"""Tensors copied by name and by number, and one that the root lacks."""

from __future__ import annotations

from conformance.make.dom.root_f32 import W
from conformance.make.dom.root_f32 import model as root
from conformance.make.doms import copied, dom
from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, f32, valid


def model() -> Model:
    """Copy under the same name, and under another; add a constant."""
    tensors = [copied("w", "f32", W), copied("x", "f32", W, 2), Tensor("y", "f32", (), f32(2.0))]
    out = dom(root(), tensors, [Group(coding="constant")])
    out.deflate = {"structure": "fixed"}
    return out


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "copied", "deflated", roots=("dom/root_f32",))
