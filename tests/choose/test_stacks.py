"""Stacks: tensors of one shape have the classes together that they have apart."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from predicted_pairs import parts, uneven

from dombit.choose.looks import Look, Parts
from dombit.choose.refinement import fitted, refined
from dombit.choose.stacks import TOGETHER, apart, best_of, settle, stacks_of, without_classes


def spans(*shapes: tuple[int, int, int]) -> Any:
    """Return what stacks_of needs of spans."""
    return [SimpleNamespace(shape=shape, count=int(np.prod(shape))) for shape in shapes]


def joined(looks: list[Look]) -> Look:
    """Return looks at tensors of one shape as one."""
    together = looks[0].part(slice(None), slice(None))
    for name in ("tokens", "exponents"):
        arrays = [getattr(look, name) for look in looks]
        object.__setattr__(together, name, np.concatenate(arrays))
    return together


def test_one_shape_one_stack() -> None:
    """Spans of one shape stand together in their order, empty ones nowhere, large ones alone."""
    small, other, large = (8, 4, 1), (4, 8, 1), (TOGETHER, 1, 1)
    some = spans(small, other, small, (0, 4, 1), large, large, small)
    assert stacks_of(some) == [[0, 2, 6], [1], [4], [5]]
    many = stacks_of(spans(*[(TOGETHER // 4, 1, 1)] * 9))
    assert [len(stack) for stack in many] == [4, 4, 1]


def test_settled_vectors_begin_at_zero() -> None:
    """What is taken off a vector goes to the bias; far below the highest class all are alike."""
    rows, columns = np.array([[-5, 3], [4, 4]]), np.array([[0, 70, 75], [1, 2, 3]])
    choice = settle(np.array([3, 3]), [rows, columns, None], np.array([10, 20]))
    found = [vectors.tolist() for vectors in choice.classes if vectors is not None]
    assert found == [[[0, 8], [0, 0]], [[0, 58, 63], [0, 1, 2]]]
    assert choice.bias.tolist() == [10 - 5 + 12, 20 + 4 + 1] and choice.axes.tolist() == [3, 3]


def test_best_of_options() -> None:
    """Each tensor has the axes, classes and bias of the option that is best for it."""
    rows = settle(np.array([1, 1, 1]), [np.array([[0, 1]] * 3), None, None], np.array([5, 6, 7]))
    choice = best_of([without_classes([1, 2, 3]), rows], np.array([1, 0, 1]))
    first, second, third = apart(choice)
    assert (first.axes, first.bias, third.axes, third.bias) == (1, 5, 1, 7)
    assert first.classes[0] is not None and first.classes[0].tolist() == [0, 1]
    assert (second.axes, second.bias, second.classes) == (0, 2, (None, None, None))


def test_together_as_apart() -> None:
    """Tensors of one shape get the same classes in a stack as each alone in the same group."""
    octaves, sizes = (8, 0, 4, 8), (-6, -4, -9, -7)
    alone = [
        parts(*uneven((48, 80), 50 + place, octaves=octave, size=size))
        for place, (octave, size) in enumerate(zip(octaves, sizes, strict=True))
    ]
    whole = joined([look.whole for look in alone])
    stack = Parts(whole=whole, across=whole, along=whole, between=whole)
    for scale in (1, 2):
        one = refined(alone, fitted(alone, scale), scale)
        (all_,) = refined([stack], fitted([stack], scale), scale)
        assert len(set(all_.axes.tolist())) > 1
        for mine, (own,) in zip(apart(all_), map(apart, one), strict=True):
            assert (mine.axes, mine.bias) == (own.axes, own.bias)
            for left, right in zip(mine.classes, own.classes, strict=True):
                assert (left is None) == (right is None)
                assert left is None or right is None or left.tolist() == right.tolist()
