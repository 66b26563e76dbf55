"""Skeletons: inherited, patched or sent whole, whatever costs least (informative)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dombit.bitstream import skeleton_patch
from dombit.limits import Limits
from dombit.models.inherited import skeleton_id
from dombit.models.patches import apply_patch, literal_lengths, pool_of
from dombit.records import ModelFile, NamedSkeleton, Skeleton, SkeletonPatch

NEAR = 8
"""Bytes between two differences below which they are one patch."""
WINDOW, BLOCK = 8, 4096
"""Bytes of a run that is looked for in another place; runs that are looked for at a time."""
MOST_POOL = 1 << 26
"""Bytes of literals above which no patch is looked for: that takes several times their size."""
PATCH_COST = 6
"""Bytes that a patch costs beside its text, about."""
LONGEST = 1 << 24
"""Bytes of a piece in which runs are looked for, at most: that takes 24 times its size."""
Patch = tuple[int, int, bytes]
"""Place in the root's literal pool, bytes taken away, bytes put there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SkeletonChoice:
    """What a stream says of its skeleton."""

    skeleton_id: bytes = b""
    """Of the root's skeleton that is inherited; empty: none is."""
    patch: SkeletonPatch | None = None


def choose_skeleton(model: ModelFile, root: NamedSkeleton | None) -> SkeletonChoice:
    """Return whether the files of a model can be made from its root's, and how."""
    if model.skeleton is None or root is None:
        return SkeletonChoice()
    names = tuple(tensor.name for tensor in model.tensors)
    wanted, held = (
        skeleton_id(NamedSkeleton(skeleton=model.skeleton, names=names)),
        skeleton_id(root),
    )
    if wanted == held:
        return SkeletonChoice(skeleton_id=held)
    small = int(literal_lengths(model.skeleton).sum()) <= MOST_POOL
    if not small or not _same_pieces(root, model.skeleton, names):
        return SkeletonChoice()
    patch = find_patch(root.skeleton, model.skeleton)
    whole = zlib.compress(pool_of(model.skeleton).tobytes())
    if len(zlib.compress(skeleton_patch.build(patch))) >= len(whole):
        return SkeletonChoice()
    patched = apply_patch(root.skeleton, patch, Limits(output_bytes=1 << 62))
    if skeleton_id(NamedSkeleton(skeleton=patched, names=root.names)) != wanted:
        return SkeletonChoice()  # a checksum's range, for example, moved otherwise
    return SkeletonChoice(skeleton_id=held, patch=patch)


def _same_pieces(root: NamedSkeleton, skeleton: Skeleton, names: tuple[str, ...]) -> bool:
    """Whether two skeletons differ in literals at most."""
    old = root.skeleton
    if (old.carrier, len(old.files), old.permutations) != (
        skeleton.carrier,
        len(skeleton.files),
        skeleton.permutations,
    ):
        return False
    for number, (before, after) in enumerate(zip(old.files, skeleton.files, strict=True)):
        if number and before.name != after.name:
            return False
        holes = [root.names[hole] for hole in before.hole_tensor.tolist()]
        if holes != [names[hole] for hole in after.hole_tensor.tolist()]:
            return False
        same = ("kind", "hole_first", "hole_permutation")
        if not all(np.array_equal(getattr(before, name), getattr(after, name)) for name in same):
            return False
    return True


def find_patch(old: Skeleton, new: Skeleton) -> SkeletonPatch:
    """Return the patch that makes the literals of one skeleton those of another."""
    here, there = literal_lengths(old), literal_lengths(new)
    before, after = pool_of(old), pool_of(new)
    patches: list[Patch] = []
    at = to = 0
    for length, other in zip(here.tolist(), there.tolist(), strict=True):
        piece, wanted = before[at : at + length], after[to : to + other]
        patches += [(at + start, gone, text) for start, gone, text in _best(piece, wanted)]
        at, to = at + length, to + other
    ends = [0, *(start + gone for start, gone, _ in patches)]
    return SkeletonPatch(
        skip=np.array(
            [start - end for (start, _, _), end in zip(patches, ends, strict=False)], np.int64
        ),
        length=np.array([gone for _, gone, _ in patches], np.int64),
        size=np.array([len(text) for _, _, text in patches], np.int64),
        text=b"".join(text for _, _, text in patches),
    )


def _best(piece: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> Iterable[Patch]:
    """Return the patches that make one piece another, in one of several ways."""
    if piece.size == wanted.size:
        return _runs(piece, wanted)
    ways = [[_held(piece, patch) for patch in way(piece, wanted)] for way in (_middle, _edits)]
    return min(ways, key=lambda way: sum(PATCH_COST + len(text) for _, _, text in way))


def _held(piece: NDArray[np.uint8], patch: Patch) -> Patch:
    """Return a patch that begins at a byte of its piece: one at its end takes the last byte too."""
    start, gone, text = patch
    return patch if start < piece.size else (start - 1, gone + 1, piece[-1:].tobytes() + text)


def _middle(piece: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> Iterator[Patch]:
    """Yield what lies between the common beginning and the common end of two pieces."""
    front = _common(piece, wanted)
    back = _common(piece[front:][::-1], wanted[front:][::-1])
    yield front, piece.size - back - front, wanted[front : wanted.size - back].tobytes()


def _runs(piece: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> Iterator[Patch]:
    """Yield where two pieces of one length differ."""
    places = np.flatnonzero(piece != wanted)
    for run in np.split(places, np.flatnonzero(np.diff(places) > NEAR) + 1):
        if run.size:
            start, stop = int(run[0]), int(run[-1]) + 1
            yield start, stop - start, wanted[start:stop].tobytes()


def _edits(piece: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> Iterator[Patch]:
    """Yield what makes one piece another of any length: what lies between common runs, in order."""
    here, there = _Windows(piece), _words(wanted)
    at = to = 0
    while True:
        same = _common(piece[at:], wanted[to:])
        at, to = at + same, to + same
        if at == piece.size and to == wanted.size:
            return
        found = here.next_in(there, at, to)
        stop, until = found if found is not None else (piece.size, wanted.size)
        yield at, stop - at, wanted[to:until].tobytes()
        at, to = stop, until


class _Windows:
    """Where each run of WINDOW bytes stands in a piece."""

    def __init__(self, piece: NDArray[np.uint8]) -> None:
        words = _words(piece)
        self._order = np.argsort(words, kind="stable")
        self._sorted = words[self._order]

    def next_in(self, there: NDArray[np.uint64], at: int, to: int) -> tuple[int, int] | None:
        """Return the next run of the other piece, from `to` on, that stands here from `at` on."""
        for start in range(to, there.size if self._sorted.size else 0, BLOCK):
            words = there[start : start + BLOCK]
            low = np.searchsorted(self._sorted, words, side="left")
            high = np.searchsorted(self._sorted, words, side="right")
            fits = np.flatnonzero((high > low) & (self._order[np.maximum(high, 1) - 1] >= at))
            if fits.size:
                first = int(fits[0])
                places = self._order[low[first] : high[first]]
                return int(places[np.searchsorted(places, at)]), start + first
        return None


def _words(piece: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return every run of WINDOW bytes as one number, [bytes - WINDOW + 1]."""
    if not WINDOW <= piece.size <= LONGEST:
        return np.zeros(0, np.uint64)
    runs = np.lib.stride_tricks.sliding_window_view(piece, WINDOW)
    return np.ascontiguousarray(runs).view(np.uint64)[:, 0]


def _common(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> int:
    """Return how many bytes two arrays begin with in common."""
    size, step = min(one.size, other.size), 64
    start = 0
    while start < size:
        stop = min(size, start + step)
        differ = one[start:stop] != other[start:stop]
        if differ.any():
            return start + int(differ.argmax())
        start, step = stop, 2 * step
    return size
