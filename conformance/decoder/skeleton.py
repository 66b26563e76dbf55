"""Skeletons: source files as literal bytes, holes and CRCs (chapter 8)."""

from __future__ import annotations

import hashlib
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.decoder.container import Reader, Table
from conformance.decoder.identity import canonical
from conformance.decoder.limits import Limits
from conformance.decoder.reject import Judge
from conformance.decoder.structure import DTYPES, Tensor, product, read_text

JUDGE = Judge("structure")
LITERAL, HOLE, CRC = range(3)
COLUMNS = dict.fromkeys((1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14), "int") | {2: "bytes", 4: "bytes"}


@dataclass(slots=True)
class Piece:
    """A piece of a file."""

    kind: int
    length: int
    tensor: int = 0
    first: int = 0
    turn: int = 0
    """0, or 1 + the number of a permutation."""
    axes: list[int] | None = None
    crc: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class SourceFile:
    """A file and its pieces."""

    name: str
    size: int
    digest: bytes | None
    """None in a file that is inherited (13.8)."""
    pieces: list[Piece]


@dataclass(slots=True)
class Skeleton:
    """A skeleton unit, and the literal bytes that have come so far."""

    carrier: int
    literal_bytes: int
    unit_limit: int
    files: list[SourceFile] = field(default_factory=list)
    literal: bytearray = field(default_factory=bytearray)

    def feed(self, payload: bytes) -> None:
        """Take the payload of a skeleton data unit."""
        JUDGE.fits(len(payload) > 0, "a skeleton data unit without bytes")
        JUDGE.limit(len(payload) <= self.unit_limit, "too much skeleton data in a unit")
        self.literal += payload
        JUDGE.fits(len(self.literal) <= self.literal_bytes, "too many literal bytes")

    def complete(self) -> bool:
        """Tell whether all literal bytes are there."""
        return len(self.literal) == self.literal_bytes


def read_skeleton(payload: bytes, tensors: list[Tensor], limit: int, limits: Limits) -> Skeleton:
    """Read a skeleton unit."""
    reader = Reader(payload, JUDGE)
    reader.holds(24)
    carrier = reader.u(1)
    JUDGE.support(carrier <= 3, f"carrier {carrier}")
    reader.reserved(3)
    files, pieces, columns = reader.u(4), reader.u(4), reader.u(2)
    reader.reserved(2)
    skeleton = Skeleton(carrier, reader.u(8), limits.inflated_bytes)
    JUDGE.allow(files >= 1, "a skeleton without files")
    JUDGE.limit(files <= limits.tensors, "too many files")
    JUDGE.limit(pieces <= limits.tensors, "too many pieces")
    table = Table(reader, columns, COLUMNS)
    names = list(read_file_names(table, files))
    sizes = table.ints(3, files)
    JUDGE.limit(sum(sizes) <= limit, "R-LIM-050: files above the output limit")
    digests, counts = table.data(4, 32 * files), table.ints(5, files, 1)
    JUDGE.fits(sum(counts) == pieces, "R-SKE-008: file_piece_count")
    every, permutations = read_pieces(table, pieces)
    literal = sum(piece.length for piece in every if piece.kind == LITERAL)
    JUDGE.fits(literal == skeleton.literal_bytes, "R-SKE-009: literal_bytes is another")
    of = iter(every)
    for n, name in enumerate(names):
        own = [next(of) for _ in range(counts[n])]
        digest = digests[32 * n : 32 * n + 32]
        skeleton.files.append(SourceFile(name, sizes[n], digest, own))
        check_file(skeleton.files[-1])
    for piece in every:
        if piece.kind == HOLE:
            place_hole(piece, tensors, permutations)
    return skeleton


def read_file_names(table: Table, files: int) -> Iterator[str]:
    """Relative names without surprises."""
    lengths = table.ints(1, files)
    text = table.data(2, sum(lengths))
    at = 0
    seen = set()
    for length in lengths:
        name = read_text(text[at : at + length])
        at += length
        parts = name.split("/")
        JUDGE.allow(not {"", ".", ".."} & set(parts), "R-SKE-015: file name component")
        JUDGE.allow(not {"\\", ":"} & set(name), "R-SKE-015: file name character")
        JUDGE.allow(
            all(unicodedata.category(c) != "Cc" for c in name), "R-SKE-015: control character"
        )
        JUDGE.fits(name not in seen, "R-SKE-011: a file name appears twice")
        seen.add(name)
        yield name


def read_pieces(table: Table, count: int) -> tuple[list[Piece], list[list[int]]]:
    """Columns 6 to 14; return pieces whose holes are not yet checked, and permutations."""
    kinds = table.ints(6, count)
    JUDGE.support(all(kind <= CRC for kind in kinds), "R-SKE-006: a reserved piece kind")
    lengths = table.ints(7, count, spread=False)
    JUDGE.allow(all(length > 0 for length in lengths), "R-SKE-007: an empty piece")
    pieces = [Piece(kind, length) for kind, length in zip(kinds, lengths, strict=True)]
    holes = [piece for piece in pieces if piece.kind == HOLE]
    crcs = [piece for piece in pieces if piece.kind == CRC]
    numbers, firsts = table.ints(8, len(holes)), table.ints(9, len(holes), 0)
    turns, permutations = table.ints(10, len(holes), 0), read_permutations(table)
    for piece, number, first, turn in zip(holes, numbers, firsts, turns, strict=True):
        piece.tensor, piece.first, piece.turn = number, first, turn
    starts, sizes = table.ints(13, len(crcs)), table.ints(14, len(crcs))
    for piece, first, length in zip(crcs, starts, sizes, strict=True):
        piece.crc = (first, length)
    return pieces, permutations


def read_permutations(table: Table) -> list[list[int]]:
    """Columns 11 and 12; the first one says how many there are."""
    ranks = table.ints(11, table.length(11), spread=False) if table.has(11) else []
    JUDGE.allow(all(rank <= 32 for rank in ranks), "R-SKE-022: rank above 32")
    axes = iter(table.ints(12, sum(ranks)))
    out = [[next(axes) for _ in range(rank)] for rank in ranks]
    for one in out:
        good = sorted(one) == list(range(len(one)))
        JUDGE.fits(good, "R-SKE-010: axes that are no permutation")
    return out


def place_hole(piece: Piece, tensors: list[Tensor], permutations: list[list[int]]) -> None:
    """Give a hole its axes, and check it."""
    JUDGE.fits(piece.tensor < len(tensors), "R-SKE-013: hole over a tensor that is not there")
    JUDGE.fits(piece.turn <= len(permutations), "R-SKE-019: a permutation that is not there")
    piece.axes = permutations[piece.turn - 1] if piece.turn else None
    check_hole(piece, tensors[piece.tensor])


def check_hole(piece: Piece, tensor: Tensor) -> None:
    """Check that a hole lies inside its tensor; only whole bytes can be permuted."""
    JUDGE.fits(piece.first + piece.length <= tensor.size, "R-SKE-014: a hole outside its tensor")
    if piece.axes is not None:
        JUDGE.fits(len(piece.axes) == len(tensor.dims), "R-SKE-020: a permutation of another rank")
        JUDGE.allow(tensor.bits >= 8, "R-SKE-021: a permuted hole of less than 8 bits")


def check_file(file: SourceFile) -> None:
    """Pieces cover the file; CRC ranges are inside and hold no CRC."""
    size = sum(piece.length for piece in file.pieces)
    JUDGE.fits(size == file.size, "R-SKE-012: file_size is another")
    sizes = [piece.length for piece in file.pieces if piece.kind == CRC]
    JUDGE.allow(all(size == 4 for size in sizes), "R-SKE-016: a CRC has four bytes")
    places = []
    at = 0
    for piece in file.pieces:
        if piece.kind == CRC:
            places.append(at)
        at += piece.length
    for piece in file.pieces:
        if piece.kind == CRC:
            first, last = piece.crc[0], sum(piece.crc)
            JUDGE.fits(last <= file.size, "R-SKE-017: a CRC range outside the file")
            good = all(place + 4 <= first or place >= last for place in places)
            JUDGE.fits(good, "R-SKE-018: a CRC over a CRC")


def permuted(tensor: Tensor, axes: list[int]) -> bytes:
    """Return the bytes of transpose(tensor, axes)."""
    size = tensor.bits // 8
    data = canonical(tensor)
    strides = [product(tensor.dims[axis + 1 :]) for axis in axes]
    dims = [tensor.dims[axis] for axis in axes]
    out = bytearray()
    for n in range(tensor.count):
        rest, place = n, 0
        for dim, stride in zip(dims[::-1], strides[::-1], strict=True):
            rest, index = divmod(rest, dim)
            place += index * stride
        out += data[place * size : place * size + size]
    return bytes(out)


def fill(skeleton: Skeleton, tensors: list[Tensor]) -> dict[str, bytes]:
    """Put the files together and compare their digests."""
    literal = 0
    out = {}
    for file in skeleton.files:
        data = bytearray()
        for piece in file.pieces:
            if piece.kind == LITERAL:
                data += skeleton.literal[literal : literal + piece.length]
                literal += piece.length
            elif piece.kind == HOLE:
                tensor = tensors[piece.tensor]
                whole = permuted(tensor, piece.axes) if piece.axes else canonical(tensor)
                data += whole[piece.first : piece.first + piece.length]
            else:
                data += bytes(4)
        out[file.name] = fill_crcs(file, data)
        same = file.digest in {None, hashlib.sha256(out[file.name]).digest()}
        Judge("identity").same(same, f"digest of the file {file.name}")
    return out


def fill_crcs(file: SourceFile, data: bytearray) -> bytes:
    """Compute the CRC pieces of a file."""
    at = 0
    for piece in file.pieces:
        if piece.kind == CRC:
            first, length = piece.crc
            data[at : at + 4] = zlib.crc32(data[first : first + length]).to_bytes(4, "little")
        at += piece.length
    return bytes(data)


def dtype_name(tensor: Tensor) -> str:
    """Return the name of a tensor's dtype."""
    return DTYPES[tensor.dtype][0]
