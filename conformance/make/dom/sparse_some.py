"""Sparse segments of several tensors, classes and lanes, some of which are idle."""

from __future__ import annotations

from conformance.make.dom.root_grid import model as root
from conformance.make.doms import dom, near
from conformance.make.model import Group, How, Model
from conformance.make.vector import Vector, valid


def model() -> Model:
    """Return the model: three walk classes, two tensors, two segments that cut w; an index."""
    table_map = [0] * 64 + [1] * 32 + [2] * 32
    hows = [How(bias=130, classes={0: [0, 25, 3]}), How(bias=150)]
    group = Group(
        coding="int", predicted=True, sparse=True, scale=1, root_classes=2,
        lanes=2, table_map=table_map, cuts=[21, 11], hows=hows,
    )  # fmt: skip
    out = dom(root(), [near(root(), "w", 69), near(root(), "v", 70)], [group])
    out.index = out.digests = True
    return out


def build() -> Vector:
    """Build the vector."""
    return valid(
        model(),
        "dom",
        "sparse",
        "classes",
        "root-classes",
        "context-scale",
        "lanes",
        "index",
        roots=("dom/root_grid",),
    )
