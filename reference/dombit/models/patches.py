"""Patches: literals of a skeleton that differ from its root's (chapter 8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from dombit.errors import fail
from dombit.limits import Limits
from dombit.models.inherited import check_sizes
from dombit.records import LITERAL, Buffer, Skeleton, SkeletonPatch, SourceFile


def apply_patch(skeleton: Skeleton, patch: SkeletonPatch, limits: Limits) -> Skeleton:
    """Return a skeleton with other literals; its literal pieces may change their length.

    Raises DombitError where a patch does not lie in one literal piece (R-SKE-027), a piece becomes
    empty (R-SKE-028), a range of a checksum loses an end (R-SKE-029), files become too large
    (R-LIM-050). Memory: three times the literal pool.
    """
    lengths = literal_lengths(skeleton)
    grown = lengths + _growth(lengths, patch)
    if (grown <= 0).any():
        _refuse("R-SKE-028", f"literal piece {int((grown <= 0).argmax())} becomes empty")
    files = tuple(_regrown(skeleton, grown))
    check_sizes(files, limits)
    return replace(skeleton, files=files, literals=(_patched(pool_of(skeleton), patch),))


def literal_lengths(skeleton: Skeleton) -> NDArray[np.int64]:
    """Return the lengths of all literal pieces, file after file."""
    return np.concatenate([file.length[file.kind == LITERAL] for file in skeleton.files])


def pool_of(skeleton: Skeleton) -> NDArray[np.uint8]:
    """Return the literal pool in one piece."""
    return np.frombuffer(b"".join(memoryview(part) for part in skeleton.literals), np.uint8)


def _growth(lengths: NDArray[np.int64], patch: SkeletonPatch) -> NDArray[np.int64]:
    """Return by how much each literal piece grows, [pieces]; each patch lies inside one."""
    ends = np.cumsum(lengths)
    starts = np.cumsum(patch.skip) + np.cumsum(patch.length) - patch.length
    piece = np.searchsorted(ends, starts, side="right")
    there = piece < lengths.size
    # A sum that leaves the pool is found before one that leaves 64 bits.
    inside = there & (starts + patch.length <= np.append(ends, 0)[piece])
    if not inside.all():
        _refuse("R-SKE-027", f"patch {int(inside.argmin())} does not lie in one literal piece")
    growth = np.zeros(lengths.size, np.int64)
    np.add.at(growth, piece, patch.size - patch.length)
    return growth


def _regrown(skeleton: Skeleton, grown: NDArray[np.int64]) -> Iterator[SourceFile]:
    """Yield the files with literal pieces of other lengths."""
    at = 0
    for file in skeleton.files:
        literal = file.kind == LITERAL
        length = file.length.copy()
        length[literal] = grown[at : at + int(literal.sum())]
        at += int(literal.sum())
        first = _moved(file, length, file.crc_first)
        stop = _moved(file, length, file.crc_first + file.crc_length)
        yield replace(
            file, size=int(length.sum()), length=length, crc_first=first, crc_length=stop - first
        )


def _moved(
    file: SourceFile, length: NDArray[np.int64], places: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return where places of a file lie once its pieces have other lengths."""
    ends = np.cumsum(file.length)
    piece = np.searchsorted(ends, places, side="right")
    inside = places - np.append(0, ends)[piece]
    lost = (inside != 0) & np.append(file.length != length, False)[piece]
    if lost.any():
        _refuse("R-SKE-029", f"a checksum of {file.name!r} has its range cut in a patched piece")
    moved: NDArray[np.int64] = np.append(0, np.cumsum(length))[piece] + inside
    return moved


def _patched(pool: NDArray[np.uint8], patch: SkeletonPatch) -> Buffer:
    """Return the literal pool with the patches done."""
    edges = np.zeros(pool.size + 1, np.int64)
    starts = np.cumsum(patch.skip) + np.cumsum(patch.length) - patch.length
    np.add.at(edges, starts, 1)
    np.add.at(edges, starts + patch.length, -1)
    kept = pool[np.cumsum(edges[:-1]) == 0]
    # Among the bytes that stay, a patch stands behind all bytes that were skipped.
    places = np.repeat(np.cumsum(patch.skip), patch.size)
    return np.insert(kept, places, np.frombuffer(patch.text, np.uint8)).data


def _refuse(rule: str, message: str) -> NoReturn:
    fail("malformed", rule, message, stage="structure")
