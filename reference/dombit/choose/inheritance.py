"""Inheritance: what of a root's structure a model keeps, and its numbers then (informative)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dombit import digests
from dombit.prediction.root import Root
from dombit.records import Inherited, ModelFile, Skeleton, Tensor

KEEPS, DROPS = 8, 2
"""Bytes that an inherited tensor saves, and that a dropped one costs, about."""


def inherit(model: ModelFile, root: Root) -> tuple[ModelFile, Inherited | None]:
    """Return a model whose first tensors are the root's, in its order; None: it has too few."""
    places = {tensor.name: place for place, tensor in enumerate(root.tensors)}
    kept: dict[int, int] = {}
    for number, tensor in enumerate(model.tensors):
        place = places.get(tensor.name)
        if place is not None and not tensor.hidden and root.tensors[place].shape == tensor.shape:
            kept[place] = number
    dropped = [place for place in range(len(root.tensors)) if place not in kept]
    if len(kept) * KEEPS <= len(dropped) * DROPS:
        return model, None
    numbers = [kept[place] for place in sorted(kept)]
    others = sorted(set(range(len(model.tensors))) - set(numbers))
    dtypes = [_dtype(model.tensors[kept[place]], root.tensors[place]) for place in sorted(kept)]
    inherited = Inherited(
        count=len(numbers),
        dropped=np.array(dropped, np.int64),
        dtypes=np.array(dtypes, np.int64),
    )
    return renumbered(model, [*numbers, *others]), inherited


def _dtype(tensor: Tensor, origin: Tensor) -> int:
    return 0 if tensor.dtype.code == origin.dtype.code else tensor.dtype.code


def renumbered(model: ModelFile, order: Sequence[int]) -> ModelFile:
    """Return a model with its tensors in another order: number k is what was order[k]."""
    new = np.empty(len(order), np.int64)
    new[np.array(order, np.int64)] = np.arange(len(order))
    tensors = tuple(_aliased(model.tensors[number], new) for number in order)
    return replace(
        model,
        tensors=tensors,
        skeleton=_refilled(model.skeleton, new) if model.skeleton else None,
        optimiser=frozenset(int(new[number]) for number in model.optimiser),
        pinned=frozenset(int(new[number]) for number in model.pinned),
        exact=renumbered(model.exact, order) if model.exact else None,
    )


def _aliased(tensor: Tensor, new: NDArray[np.int64]) -> Tensor:
    if tensor.alias is None:
        return tensor
    return replace(tensor, alias=replace(tensor.alias, target=int(new[tensor.alias.target])))


def _refilled(skeleton: Skeleton, new: NDArray[np.int64]) -> Skeleton:
    files = (replace(file, hole_tensor=new[file.hole_tensor]) for file in skeleton.files)
    return replace(skeleton, files=tuple(files))


def untied(model: ModelFile, root: Root) -> ModelFile:
    """Return a model in which tensors that equal the root's are no aliases: copies cost less."""
    places = {tensor.name: place for place, tensor in enumerate(root.tensors)}
    tensors = list(model.tensors)
    for number, tensor in enumerate(model.tensors):
        place = places.get(tensor.name)
        if tensor.alias is None or place is None or root.tensors[place].shape != tensor.shape:
            continue
        target = model.tensors[tensor.alias.target].data
        if target is None or root.tensors[place].dtype.code != tensor.dtype.code:
            continue
        data = digests.tensor_bytes(tensor, {tensor.alias.target: target}, number)
        if np.array_equal(data, root.data(place)):
            tensors[number] = replace(tensor, data=data, alias=None)
    return replace(model, tensors=tuple(tensors))
