"""A permuted hole over a tensor below 8 bits."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import heir, kept
from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, broken


def model() -> Model:
    """Return w of 12 bytes in i4."""
    w = Tensor("w", "i4", (4, 6), [3] * 24)
    out = heir(root(), [*kept(root(), "w"), w], [Group(coding="constant")])
    return replace(out, files=root().skeleton)


def build() -> Vector:
    """Build the vector."""
    return broken(
        "inherit/equal_units",
        model(),
        "malformed structure",
        at="structure",
        roots=("inherit/root_files",),
    )
