"""A hole over the first bytes of a tensor that is wider than in the root."""

from __future__ import annotations

from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import heir, kept, with_files
from conformance.make.model import Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return v in f64: the file has the first 12 bytes of it."""
    bits = [0x3FE0000000000000, 0x4000000000000000, 0xBFF0000000000000]
    v = Tensor("v", "f64", (3,), bits, inherited=True, copied=True)
    return with_files(heir(root(), [v, kept(root())[1]]))


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "dom",
        "cast",
        "inherited-structure",
        "inherited-skeleton",
        roots=("inherit/root_files",),
    )
