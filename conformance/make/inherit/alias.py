"""An inherited tensor that is an alias of another inherited one."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.dom.root_grid import model as root
from conformance.make.inherited import heir, kept
from conformance.make.model import Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the root, v a part of w."""
    u, v, w = kept(root())
    return heir(root(), [u, replace(v, alias_of=2, copied=False), w])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "alias", "inherited-structure", roots=("dom/root_grid",))
