"""A packed DoM whose root is a packed stream."""

from __future__ import annotations

from conformance.make.doms import copied
from conformance.make.model import Model
from conformance.make.packed.stored import model as root
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the first tensor of the root, copied."""
    a = root().tensors[0]
    tensors = [copied("a", "f32", a.bits)]
    return Model(tensors=tensors, groups=[], root=root(), packed="", digests=False)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "packed", "dom", "copied", roots=("packed/stored",))
