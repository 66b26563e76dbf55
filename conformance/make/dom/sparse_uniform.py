"""A sparse segment of levels, with a step a column."""

from __future__ import annotations

from conformance.make.dom.root_grid import model as root
from conformance.make.doms import dom, near
from conformance.make.model import Group, How, Model
from conformance.make.vector import Vector, valid

SUMS = {1: 0x3EFA2800, 4: 0xBFC30000, 6: 0xC08C3000, 7: 0x4042C180}


def model() -> Model:
    """Return the model: v with levels on four of eight elements."""
    steps = [(1, -3)] * 4 + [(3, -2)] * 4
    how = How(step_axis=1, steps=steps, levels=[0, 2, 0, 0, -1, 0, 3, 4])
    old = near(root(), "v", 72, 1 << 40)
    old.bits = [SUMS.get(n, x) for n, x in enumerate(old.bits)]
    group = Group(coding="uniform", predicted=True, sparse=True, hows=[how])
    return dom(root(), [old], [group])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "dom", "sparse", "uniform", "step-axis", roots=("dom/root_grid",))
