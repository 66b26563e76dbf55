"""A hole over a tensor that is hidden in the root: the model adds one of its name."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.root_hidden import model as root
from conformance.make.inherited import heir, kept, with_files
from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return another store and its view."""
    view = replace(kept(root())[0], alias_of=1, copied=False, bits=[8, 10, 12])
    view = replace(view, offset=1, strides=(2,))
    store = Tensor("store", "u8", (6,), [7, 8, 9, 10, 11, 12], hidden=True)
    return with_files(heir(root(), [view, store], [Group(coding="stored", alignment=0)]))


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "dom",
        "hidden",
        "view",
        "inherited-structure",
        "inherited-skeleton",
        "added",
        roots=("inherit/root_hidden",),
    )
