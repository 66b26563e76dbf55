"""An inherited alias of a dtype below 8 bits, which is whole."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.inherit.root_sub_byte import model as root
from conformance.make.inherited import heir, kept
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root, b an alias of a."""
    a, b = kept(root())
    return heir(root(), [a, replace(b, alias_of=0, copied=False)])


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(), "dom", "alias", "i4", "inherited-structure", roots=("inherit/root_sub_byte",)
    )
