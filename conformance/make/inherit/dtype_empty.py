"""An inherited tensor without elements in a wider dtype."""

from __future__ import annotations

from conformance.make.inherit.dtype_root import model as root
from conformance.make.inherited import heir
from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return z in f64: 2^55 bits, if it had one row."""
    z = Tensor("z", "f64", (0, 1 << 47, 4), inherited=True)
    return heir(root(), [z], [Group(coding="constant")])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "constant", "inherited-structure", roots=("inherit/dtype_root",))
