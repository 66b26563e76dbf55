"""Segments that begin inside a tensor and reach into the next; raw fields restart in each row."""

from __future__ import annotations

from conformance.make.model import Group, How, Model, Tensor
from conformance.make.vector import Vector, f32, normal, valid


def model() -> Model:
    """Three float tensors in one group, cut where no row ends."""
    shapes = ((3, 4), (5,), (2, 3, 2))
    sizes = (12, 5, 12)
    tensors = [
        Tensor(f"t{n}", "f32", shape, f32(*normal(20 + n, sizes[n])))
        for n, shape in enumerate(shapes)
    ]
    hows = [
        How(first_exponent=116, classes={0: [1, 0, 1]}),
        How(first_exponent=118, classes={}),
        How(first_exponent=118, split_rows=2, split_columns=2, classes={0: [0, 1, 0, 1, 0, 1]}),
    ]
    group = Group(
        coding="float",
        hows=hows,
        exponents=12,
        lanes=1,
        cuts=[5, 9, 15],
        map_cuts=[2, 7],
        table_map=[0] + [1] * 63,
    )
    return Model(tensors=tensors, groups=[group], index=True)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "float", "classes", "map", "index")
