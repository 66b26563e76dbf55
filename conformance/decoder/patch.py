"""Skeleton patches: other literal bytes in the files of the root (8.10)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from conformance.decoder.container import Reader, Table
from conformance.decoder.inherit import check_total
from conformance.decoder.limits import Limits
from conformance.decoder.reject import Judge
from conformance.decoder.skeleton import CRC, LITERAL, Piece, Skeleton, SourceFile

JUDGE = Judge("structure")
Change = tuple[int, int, bytes]
"""Where in the root's literal pool, how many bytes go, and what comes in their place."""


def read_patch(
    payload: bytes, skeleton: Skeleton | None, output_limit: int, limits: Limits
) -> Skeleton | None:
    """Read a skeleton patch unit; return the skeleton, if there is one, with the patches done."""
    reader = Reader(payload, JUDGE)
    reader.holds(8)
    count, columns, reserved = reader.u(4), reader.u(2), reader.u(2)
    JUDGE.support(reserved == 0, "R-SKE-026: a reserved field is not zero")
    JUDGE.limit(count <= limits.tensors, "R-LIM-053: too many patches")
    table = Table(reader, columns, {1: "int", 2: "int", 3: "int", 4: "bytes"})
    skips, lengths, sizes = table.ints(1, count), table.ints(2, count, 0), table.ints(3, count, 0)
    text = table.data(4, sum(sizes))
    changes: list[Change] = []
    at = come = 0
    for skip, length, size in zip(skips, lengths, sizes, strict=True):
        at += skip
        changes.append((at, length, text[come : come + size]))
        at, come = at + length, come + size
    return patched(skeleton, changes, output_limit) if skeleton is not None else None


def patched(skeleton: Skeleton, changes: Sequence[Change], output_limit: int) -> Skeleton:
    """Return a skeleton with other literals; R-SKE-027 for all patches comes first."""
    every = [piece for file in skeleton.files for piece in file.pieces]
    literals = [piece for piece in every if piece.kind == LITERAL]
    starts = list(accumulate((piece.length for piece in literals), initial=0))
    of: list[list[Change]] = [[] for _ in literals]
    for change in changes:
        of[holder(starts, change)].append(change)
    texts = [
        done(bytes(skeleton.literal[a:b]), a, own)
        for (a, b), own in zip(pairwise(starts), of, strict=True)
    ]
    JUDGE.fits(all(texts), "R-SKE-028: a literal piece is empty")
    sizes = iter([len(text) for text in texts])
    files = [resized(file, [next(sizes) if p.kind == LITERAL else p.length for p in file.pieces])
             for file in skeleton.files]  # fmt: skip
    check_total(files, output_limit)
    pool = bytearray(b"".join(texts))
    return replace(skeleton, files=files, literal=pool, literal_bytes=len(pool))


def holder(starts: Sequence[int], change: Change) -> int:
    """Return the number of the literal that holds the bytes of a patch."""
    at, length, _ = change
    good = at + length <= starts[-1] and at < starts[-1]
    JUDGE.fits(good, "R-SKE-027: a patch beyond the literal pool of the root")
    number = bisect_right(starts, at) - 1
    good = at + length <= starts[number + 1]
    JUDGE.fits(good, "R-SKE-027: a patch over the end of a literal piece")
    return number


def done(old: bytes, start: int, changes: Sequence[Change]) -> bytes:
    """Return the bytes of a literal that begins at `start` of the pool, patched."""
    out, at = b"", 0
    for place, length, text in changes:
        out += old[at : place - start] + text
        at = place - start + length
    return out + old[at:]


def resized(file: SourceFile, sizes: Sequence[int]) -> SourceFile:
    """Return a file whose pieces have other sizes; the ranges of CRCs go with their pieces."""
    old, new = 0, 0
    places: list[tuple[int, int, int, bool]] = []
    for piece, size in zip(file.pieces, sizes, strict=True):
        places.append((old, piece.length, new, size != piece.length))
        old, new = old + piece.length, new + size

    def moved(place: int) -> int:
        if place == old:
            return new
        before, _, after, changed = next(p for p in places if p[0] <= place < p[0] + p[1])
        good = place == before or not changed
        JUDGE.fits(good, "R-SKE-029: a CRC range begins or ends inside a piece that changes")
        return after + place - before

    def ranged(piece: Piece, size: int) -> Piece:
        if piece.kind != CRC:
            return replace(piece, length=size)
        first, stop = moved(piece.crc[0]), moved(sum(piece.crc))
        return replace(piece, crc=(first, stop - first))

    pieces = [ranged(piece, size) for piece, size in zip(file.pieces, sizes, strict=True)]
    return replace(file, size=new, pieces=pieces)
