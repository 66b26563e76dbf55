"""Storages: which tensors hold a storage's bytes, and which are aliases of them (chapter 8)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dombit.models.carrier import Hole
from dombit.models.naming import Namer
from dombit.models.paths import Unwalkable
from dombit.models.torchrefs import TensorRef
from dombit.records import Alias, Tensor

MIN_GAP = 1024
"""Bytes of a storage that no tensor shows: fewer stay literal, more become a hidden tensor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A dense tensor that holds a run of a storage; runs of one storage are disjoint."""

    start: int
    """First element in the storage."""
    end: int
    number: int
    axes: tuple[int, ...] | None
    """Axis order in which the storage holds it; None: as it is."""
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(slots=True)
class Placing:
    """What `place` has found so far."""

    data: memoryview
    """The file."""
    tensors: list[Tensor | None]
    names: Sequence[str]
    namer: Namer
    holes: list[Hole] = field(default_factory=list)


def place(
    data: memoryview,
    named: Sequence[tuple[str, TensorRef]],
    regions: Mapping[str, int],
    namer: Namer,
) -> tuple[list[Tensor], list[Hole]]:
    """Return the tensors of a file, hidden ones last, and the holes they leave in it.

    `named` gives unique names and views in walk order, `regions` the offset of each storage's
    bytes in the file. Raises Unwalkable where a storage holds tensors of two dtypes.
    """
    state = Placing(
        data=data, tensors=[None] * len(named), names=[name for name, _ in named], namer=namer
    )
    storages: dict[str, list[tuple[int, TensorRef]]] = {}
    for number, (name, ref) in enumerate(named):
        if ref.span:
            storages.setdefault(ref.storage.key, []).append((number, ref))
        else:
            state.tensors[number] = _tensor(name, ref, np.empty(0, np.uint8), None)
    for key, refs in storages.items():
        if len({(ref.dtype, ref.storage.size) for _, ref in refs}) > 1:
            raise Unwalkable(f"storage {key} with two dtypes or sizes")
        _place_storage(state, key, regions[key], refs)
    return [tensor for tensor in state.tensors if tensor is not None], state.holes


def _tensor(
    name: str, ref: TensorRef, data: NDArray[np.uint8] | None, alias: Alias | None
) -> Tensor:
    return Tensor(name=name, dtype=ref.dtype, shape=ref.shape, data=data, alias=alias)


def _place_storage(
    state: Placing, key: str, region: int, refs: list[tuple[int, TensorRef]]
) -> None:
    owners = _owners(refs)
    own = {owner.number for owner in owners}
    starts = [owner.start for owner in owners]
    aliases = {number: _alias(owners, starts, ref) for number, ref in refs if number not in own}
    if None in aliases.values():
        _hide_whole(state, key, region, refs)
        return
    for number, ref in refs:
        if number in aliases:
            state.tensors[number] = _tensor(state.names[number], ref, None, aliases[number])
    by_number = dict(refs)
    for owner in owners:
        _own(state, region, owner, by_number[owner.number])
    _hide_gaps(state, key, region, owners, refs[0][1])


def dense_axes(ref: TensorRef) -> tuple[int, ...] | None:
    """Return the axis order in which a tensor fills a run of its storage; None: it does not."""
    long = [axis for axis, dim in enumerate(ref.shape) if dim > 1]
    long.sort(key=lambda axis: (-ref.strides[axis], axis))
    step = 1
    for axis in reversed(long):
        if ref.strides[axis] != step:
            return None
        step *= ref.shape[axis]
    if long == sorted(long):
        return tuple(range(len(ref.shape)))
    return (*long, *(axis for axis, dim in enumerate(ref.shape) if dim <= 1))


def _owners(refs: list[tuple[int, TensorRef]]) -> list[Owner]:
    """Return dense tensors with disjoint runs, ascending: the longest first, then the first."""
    dense = []
    for number, ref in refs:
        axes = dense_axes(ref)
        if axes is not None:
            plain = axes == tuple(range(len(axes)))
            owner = Owner(
                start=ref.start,
                end=ref.start + ref.span,
                number=number,
                axes=None if plain else axes,
                shape=ref.shape,
                strides=_normal(ref),
            )
            dense.append(owner)
    dense.sort(key=lambda o: (o.start - o.end, o.axes is not None, o.number))
    chosen: list[Owner] = []
    starts: list[int] = []
    for owner in dense:
        at = bisect_right(starts, owner.start)
        free_before = at == 0 or chosen[at - 1].end <= owner.start
        if free_before and (at == len(chosen) or owner.end <= starts[at]):
            chosen.insert(at, owner)
            starts.insert(at, owner.start)
    return chosen


def _normal(ref: TensorRef) -> tuple[int, ...]:
    """Return the strides, zero where an axis has one index only."""
    return tuple(0 if d == 1 else s for d, s in zip(ref.shape, ref.strides, strict=True))


def _alias(owners: list[Owner], starts: list[int], ref: TensorRef) -> Alias | None:
    """Return a view as an alias of the owner that holds all of it; None: there is none."""
    at = bisect_right(starts, ref.start) - 1
    if at < 0 or ref.start + ref.span > owners[at].end:
        return None
    owner = owners[at]
    if owner.axes is None:
        return _alias_at(owner.number, ref.start - owner.start, ref)
    same = ref.shape == owner.shape and _normal(ref) == owner.strides
    return Alias(target=owner.number) if same and ref.start == owner.start else None


def _alias_at(target: int, offset: int, ref: TensorRef) -> Alias:
    plain = dense_axes(ref) == tuple(range(len(ref.shape)))
    return Alias(target=target, offset=offset, strides=None if plain else _normal(ref))


def _own(state: Placing, region: int, owner: Owner, ref: TensorRef) -> None:
    """Give a dense tensor its bytes, and cut its hole."""
    width = ref.dtype.bits // 8
    start, length = region + owner.start * width, (owner.end - owner.start) * width
    data = np.frombuffer(state.data[start : start + length], np.uint8)
    if owner.axes is not None:
        stored = data.reshape(*(ref.shape[axis] for axis in owner.axes), width)
        back = np.argsort(owner.axes)
        data = np.ascontiguousarray(stored.transpose(*back, len(back))).reshape(-1)
    state.tensors[owner.number] = _tensor(state.names[owner.number], ref, data, None)
    state.holes.append(
        Hole(start=start, length=length, tensor=owner.number, permutation=owner.axes)
    )


def _hide(state: Placing, name: str, ref: TensorRef, start: int, count: int) -> int:
    """Add a hidden tensor over elements of the file, and return its number."""
    length = count * ref.dtype.bits // 8
    number = len(state.tensors)
    data = np.frombuffer(state.data[start : start + length], np.uint8)
    state.tensors.append(
        Tensor(name=state.namer.give(name), dtype=ref.dtype, shape=(count,), data=data, hidden=True)
    )
    state.holes.append(Hole(start=start, length=length, tensor=number))
    return number


def _hide_whole(state: Placing, key: str, region: int, refs: list[tuple[int, TensorRef]]) -> None:
    """Make the storage a hidden tensor, and all its views aliases of it."""
    first = refs[0][1]
    count = first.storage.size * 8 // first.dtype.bits
    target = _hide(state, f"storage/{key}", first, region, count)
    for number, ref in refs:
        alias = _alias_at(target, ref.start, ref)
        state.tensors[number] = _tensor(state.names[number], ref, None, alias)


def _hide_gaps(state: Placing, key: str, region: int, owners: list[Owner], ref: TensorRef) -> None:
    """Make long runs of the storage that no tensor shows hidden tensors."""
    width = ref.dtype.bits // 8
    count = ref.storage.size // width
    starts = [0, *(owner.end for owner in owners)]
    ends = [*(owner.start for owner in owners), count]
    for start, end in zip(starts, ends, strict=True):
        if (end - start) * width >= MIN_GAP:
            _hide(state, f"storage/{key}/{start}", ref, region + start * width, end - start)
