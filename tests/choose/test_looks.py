"""Looks: tokens, exponents and contexts of predicted tensors, whole and in parts."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from predicted_pairs import begun, uneven

from dombit.choose.classes import ClassChoice
from dombit.choose.hybrids import FINE
from dombit.choose.looks import CELLS, histogram, histogram_of_all, look_at, parts_of
from dombit.choose.stacks import StackChoice, without_classes
from dombit.entropy import tokens
from dombit.layout import Part
from dombit.splitting import magnitudes_of
from dombit.symbols import predicted_contexts, predictions

RANDOM = np.random.default_rng(32)


@pytest.mark.parametrize("dtype", [np.float32, ml_dtypes.bfloat16, np.float16, np.int8])
@pytest.mark.parametrize("scale", [0, 1, 2])
def test_contexts_are_the_decoders(dtype: type, scale: int) -> None:
    """A histogram counts tokens in the contexts that a decoder finds, zeros of the root apart."""
    shape = (30, 20, 9)
    root = RANDOM.normal(0, 40, shape).astype(dtype)
    root[RANDOM.random(shape) < 0.2] = 0
    model = (root.astype(np.float32) * RANDOM.normal(1, 0.1, shape)).astype(dtype)
    draft, source = begun(root, model)
    classes = tuple(RANDOM.integers(0, 9, size).astype(np.uint8) for size in shape)
    choice = ClassChoice(axes=7, classes=(classes[0], classes[1], classes[2]), bias=99)
    context = draft.context([choice])
    group = context.group
    for name, value in (("context_scale", scale), ("root_classes", 2)):
        object.__setattr__(group, name, value)
    group.context_bias[:] = choice.bias
    part = Part(span=0, first=0, count=model.size, at=0)
    expected = predicted_contexts(context, part, predictions(context, part))
    sizes, _ = magnitudes_of(group, context.layout.spans[0], part, source)
    token, _, _ = tokens.split(sizes, FINE)
    pairs = np.bincount(expected.astype(int) << 8 | token, minlength=128 * 256)
    look = look_at(context, [0], source)
    assert look.zeros is not None and look.zeros.sum() == np.count_nonzero(root == 0)
    rows, columns, third = (vector[None].astype(np.int16) for vector in classes)
    one = np.array([7]), np.array([99])
    stack = StackChoice(axes=one[0], classes=(rows, columns, third), bias=one[1])
    assert np.array_equal(histogram(look, stack, scale).reshape(-1), pairs)


def test_parts_stand_for_the_whole() -> None:
    """Parts of a large tensor hold all rows, or all places; of a small one each is the whole."""
    root, model = uneven((900, 700), 33)
    draft, source = begun(root, model)
    whole = look_at(draft.context([ClassChoice()]), [0], source)
    parts = parts_of(whole)
    assert parts.across.rows.size == 900 and parts.across.tokens.size <= CELLS
    assert parts.along.inner.size == 700 and parts.along.tokens.size <= CELLS
    assert not set(parts.along.rows.tolist()) & set(parts.between.rows.tolist())
    for part in (parts.across, parts.along, parts.between):
        assert np.array_equal(part.tokens, whole.tokens[:, part.rows][:, :, part.inner])
        assert part.share == whole.tokens.size // part.tokens.size
    small = whole.part(slice(0, 9), slice(None))
    again = parts_of(small)
    assert again.across is again.along is again.between is small


@pytest.mark.parametrize("shape", [(1, 900_000), (900_000, 1), (3, 300_000)])
def test_tiles_leave_nothing_out(shape: tuple[int, int]) -> None:
    """Very long rows and very many count every element once."""
    root = np.ones(shape, np.float32)
    draft, source = begun(root, root + np.float32(2**-22))
    look = look_at(draft.context([ClassChoice()]), [0], source)
    counts = histogram(look, without_classes([127]), 1)
    assert counts.sum() == root.size and counts[64, 2] == root.size


def test_tensors_are_counted_together() -> None:
    """Many tensors, small and large, give the sum of the histograms of each."""
    looks, choices = [], []
    for number in range(70):
        root, model = uneven((900, 400) if number == 5 else (50, 100), number)
        draft, source = begun(root, model)
        looks.append(look_at(draft.context([ClassChoice()]), [0], source))
        choices.append(without_classes([120 + number]))
    expected = sum(histogram(look, choice, 1) for look, choice in zip(looks, choices, strict=True))
    assert np.array_equal(histogram_of_all(looks, choices, 1), expected)
