"""DoMs for the vectors: roots of stored tensors, models over them, patterns in hex."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from conformance.make.coder import Hybrid
from conformance.make.model import DTYPES, Group, How, Model, Tensor
from conformance.make.vector import whole

WIDE = (4, 0, 0)
"""Hybrid parameters by which any 32-bit value has a token below 64, as level 1 asks."""


def patterns(text: str) -> list[int]:
    """Return the patterns that a text of hex numbers names."""
    return [int(word, 16) for word in text.split()]


def plain(*tensors: Tensor) -> Model:
    """Return a model without root that stores its tensors, one group a dtype."""
    own = [tensor for tensor in tensors if tensor.alias_of is None]
    runs = [list(run) for _, run in groupby(own, key=lambda tensor: tensor.dtype)]
    groups = [Group(coding="stored", alignment=0, hows=[How() for _ in run]) for run in runs]
    return Model(tensors=list(tensors), groups=groups, index=False, digests=False)


def dom(root: Model, tensors: Sequence[Tensor], groups: Sequence[Group] = ()) -> Model:
    """Return a model that differs from a root."""
    return Model(tensors=list(tensors), groups=list(groups), root=root, index=False, digests=False)


def copied(name: str, dtype: str, bits: list[int], root_tensor: int = 0) -> Tensor:
    """Return a vector that no group holds: it is its prediction."""
    return Tensor(name, dtype, (len(bits),), bits, root_tensor=root_tensor, copied=True)


def tensor(dtype: str, text: str) -> Tensor:
    """Return a vector with the dtype for a name; complex elements take two patterns."""
    bits = patterns(text)
    return Tensor(dtype, dtype, (len(bits) // DTYPES[dtype][2],), bits)


def added(root: Model, cases: dict[str, tuple[str, list[int], list[tuple[int, int]]]]) -> Model:
    """Return a DoM with a dense uniform group a dtype: patterns, levels, a step an element."""
    groups = [
        Group(
            coding="uniform",
            predicted=True,
            hybrid=Hybrid(*WIDE),
            hows=[How(step_axis=1, steps=steps, levels=levels)],
        )
        for _, levels, steps in cases.values()
    ]
    return dom(root, [tensor(name, bits) for name, (bits, _, _) in cases.items()], groups)


def near(root: Model, name: str, seed: int, share: int = 2) -> Tensor:
    """Return a tensor of the root with about one of `share` elements changed by a few units."""
    old = next(one for one in root.tensors if one.name == name)
    pairs = zip(whole(seed, len(old.bits), 1, 3 * share), old.bits, strict=True)
    return Tensor(name, old.dtype, old.shape, [x ^ pick if pick < 4 else x for pick, x in pairs])
