"""The worked example, one element up by 2 and one down by 1 unit in the last place; b is copied."""

from __future__ import annotations

from conformance.make.doms import copied, dom
from conformance.make.example.worked import model as root
from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model: a sparse segment of two changes for w, nothing for b."""
    w, b = root().tensors
    bits = list(w.bits)
    bits[2] += 2
    bits[5] -= 1
    changed = Tensor("w", "f32", w.shape, bits)
    group = Group(coding="int", predicted=True, sparse=True)
    return dom(root(), [changed, copied("b", "f32", list(b.bits))], [group])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "sparse", "copied", roots=("example/worked",))
