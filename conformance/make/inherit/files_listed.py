"""A DoM that lists its tensors in another order, and inherits the files of its root."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.doms import dom
from conformance.make.inherit.root_files import model as root
from conformance.make.inherited import with_files
from conformance.make.model import Group, Model, Tensor
from conformance.make.vector import Vector, f32, valid


def model() -> Model:
    """Return a, v, w: holes go by name, not by number."""
    w, v = root().tensors
    more = Tensor("a", "f32", (), f32(1.0))
    tensors = [more, replace(v, copied=True), replace(w, copied=True)]
    return with_files(dom(root(), tensors, [Group(coding="constant")]))


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "copied", "inherited-skeleton", roots=("inherit/root_files",))
