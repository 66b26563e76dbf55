"""The files of the root with another tensor in their holes, permuted too."""

from __future__ import annotations

from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import coded, heir, kept, with_files
from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, valid, whole


def model() -> Model:
    """Return the root with another w."""
    w = Tensor("w", "u16", (2, 3), whole(88, 6, 0, 65535))
    tensors = coded(kept(root()), w)
    return with_files(heir(root(), tensors, [Group(coding="stored", alignment=0)]))


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "dom",
        "stored",
        "inherited-structure",
        "inherited-skeleton",
        roots=("inherit/root_files",),
    )
