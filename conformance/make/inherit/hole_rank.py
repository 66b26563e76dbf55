"""A permuted hole over a tensor of another rank."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import heir, kept
from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, broken


def model() -> Model:
    """Return a flat w."""
    w = Tensor("w", "u16", (6,), root().tensors[0].bits)
    out = heir(root(), [*kept(root(), "w"), w], [Group(coding="stored", alignment=0)])
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
