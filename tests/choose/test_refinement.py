"""Refinement: costs under tables, and classes that move to where they are least."""

from __future__ import annotations

import ml_dtypes
import numpy as np
from predicted_pairs import parts, uneven

from dombit.choose.fits import fit, mean_of, origin_of
from dombit.choose.looks import Parts, histogram
from dombit.choose.refinement import MARGIN, WIDTH, costs_of, fitted, refined
from dombit.choose.stacks import StackChoice
from dombit.entropy.choose import entropy_bits
from dombit.entropy.choose.costs import UNIT

RANDOM = np.random.default_rng(35)


def bits(counts: np.ndarray) -> float:
    """Return the bits of tokens in contexts, tables apart."""
    return sum(entropy_bits(row) for row in counts)


def best(looks: list[Parts]) -> list[StackChoice]:
    """Return fitted and refined classes."""
    return refined(looks, fitted(looks, 2), 2)


def test_costs_are_those_of_the_counts() -> None:
    """A context with many elements costs as its own, one without any as its neighbours."""
    counts = np.zeros((128, 256), np.int64)
    counts[70, :4] = 4_000_000, 2_000_000, 1_000_000, 1_000_000
    costs = costs_of(counts)
    assert costs.shape == (2, WIDTH, 256) and (costs > 0).all()
    for context in (70, 73):
        found = costs[1, MARGIN + context - 64, :4] / UNIT
        assert np.abs(found - [1, 2, 3, 3]).max() < 0.01
    assert (costs[:, 0] == costs[:, MARGIN]).all()
    assert np.ptp(costs[0]) == 0


def test_refined_classes_cost_less() -> None:
    """In bf16, where most elements do not change, refinement saves 4 % of what the fit takes."""
    random = np.random.default_rng(36)
    root = random.normal(0, 0.1, (256, 300)).astype(ml_dtypes.bfloat16)
    rows, columns = (np.exp2(-random.gamma(2, 2, size)) for size in (256, 300))
    update = random.standard_t(2, (256, 300)) * rows[:, None] * columns
    model = (root.astype(np.float64) + 2e-3 * update).astype(ml_dtypes.bfloat16)
    found = parts(root, model)
    first = fit(mean_of(found, 2), 3, 2, origin_of([found], 2))
    (last,) = best([found])
    assert last.axes.tolist() == [3]
    before, after = (bits(histogram(found.whole, choice, 2)) for choice in (first, last))
    assert after < 0.96 * before


def test_nothing_to_tell_apart() -> None:
    """Where rows and columns are alike no class vectors are taken."""
    root, model = uneven((300, 200), 37, octaves=0)
    assert [choice.axes.tolist() for choice in best([parts(root, model)])] == [[0]]


def test_tensors_meet_in_contexts() -> None:
    """Two tensors whose updates differ in size get biases that differ by as many octaves."""
    small, large = (parts(*uneven((200, 200), 38, octaves=0, size=size)) for size in (-9, -5))
    low, high = best([small, large])
    assert low.axes.tolist() == [0] and abs(int(high.bias[0] - low.bias[0]) - 8) <= 1
