"""Levels added to bf16, f16 and f8: rounded to f32 first, then to the dtype."""

from __future__ import annotations

from conformance.make.dom.root_many import model as root
from conformance.make.doms import added
from conformance.make.model import Model
from conformance.make.vector import Vector, valid

CASES = {
    "bf16": (
        "40F0 8000 3F80 0000 7F80 807F FFC1 BFC0",
        [5, 0, 65537, 1, 17, -1, 0, -3],
        [(3, -1), (1, 0), (1, -24), (1, 0), (4095, 103), (1, -126), (1, 0), (1, -1)],
    ),
    "f16": (
        "4780 8000 3C00 0000 7C00 0000 7E01 BE00",
        [5, 0, 8193, 1, 1, -1, 0, -3],
        [(3, -1), (1, 0), (1, -24), (1, 0), (1, 4), (1, -25), (1, 0), (1, -1)],
    ),
    "f8_e4m3fn": (
        "80 80 38 00 7E 00 7F BC",
        [-1, 0, 1048577, 1, 1, -1, 0, -3],
        [(1, -11), (1, 0), (1, -24), (1, 0), (1, 5), (1, -10), (1, 0), (1, -1)],
    ),
}


def model() -> Model:
    """Return the model: a step an element."""
    return added(root(), CASES)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "uniform", "step-axis", *CASES, roots=("dom/root_many",))
