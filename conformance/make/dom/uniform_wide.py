"""Levels added to f32 and f64: rounded once; ties, infinities, NaN, a sum of zero."""

from __future__ import annotations

from conformance.make.dom.root_many import model as root
from conformance.make.doms import added
from conformance.make.model import Model
from conformance.make.vector import Vector, valid

CASES = {
    "f32": (
        "40F00000 80000000 3F800000 00000000 7F800000 807FFFFF 7FC00001 BFC00000",
        [5, 0, 1, 1, 1, -1, 0, -3],
        [(3, -1), (1, 0), (1, -24), (1, 0), (4095, 103), (1, -126), (1, 0), (1, -1)],
    ),
    "f64": (
        """401E000000000000 8000000000000000 3FF0000000000000 0000000000000000
        7FEFFFFFFFFFFFFF 8170000000000000 7FF8000000000001 BFF8000000000000""",
        [5, 0, 1, 1, 1, -1, 0, -3],
        [(3, -1), (1, 0), (1, -53), (1, 0), ((1 << 24) - 1, 900), (1, -1000), (1, 0), (1, -1)],
    ),
}


def model() -> Model:
    """Return the model: a step an element."""
    return added(root(), CASES)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "uniform", "step-axis", *CASES, roots=("dom/root_many",))
