"""Skeleton: source files as literal bytes, holes and checksums (chapter 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dombit.bitstream.bundle import Bundle
from dombit.bitstream.columns import ColumnValues, integers, octets
from dombit.bitstream.fields import enum, reserved, u16, u32, u64
from dombit.bitstream.registry import CARRIERS, PIECE_KINDS
from dombit.bitstream.skeleton_check import check_files, check_holes, check_names
from dombit.bitstream.source import Source, of_unit, total
from dombit.bitstream.table import TableReader, build_table
from dombit.identity import DIGEST_BYTES
from dombit.limits import Limits
from dombit.records import CRC, HOLE, LITERAL, Buffer, Skeleton, SourceFile, Structure, Unit
from dombit.trace import Trace, no_trace


@dataclass(frozen=True, slots=True, kw_only=True)
class SkeletonPayload(Bundle):
    """Fixed part of a skeleton unit."""

    carrier: int = enum(1, "Format of the main file.", CARRIERS, rule="R-SKE-001")
    reserved_1: bytes = reserved(3, rule="R-SKE-002")
    file_count: int = u32("Source files, the main one first.", low=1, rule="R-SKE-003")
    piece_count: int = u32("Pieces of all files.")
    column_count: int = u16("Columns of the table.")
    reserved_14: int = reserved(2, rule="R-SKE-004")
    literal_bytes: int = u64("Bytes of the literal pool, which skeleton data units hold.")


COLUMNS = (
    integers(1, "file_name_length", "files", "Bytes of the name.", low=1, rule="R-SKE-005"),
    octets(2, "file_name_text", "sum of lengths", "Names of all files, UTF-8."),
    integers(3, "file_size", "files", "Bytes of the file."),
    octets(4, "file_digest", "32 x files", "SHA-256 of the file as the decoder gives it."),
    integers(5, "file_piece_count", "files", "Pieces of the file.", default=1),
    integers(
        6,
        "piece_kind",
        "pieces",
        "0 literal, 1 hole, 2 CRC-32 of a range of the same file.",
        high=max(PIECE_KINDS),
        rule="R-SKE-006",
        failure="unsupported",
    ),
    integers(
        7, "piece_length", "pieces", "Bytes of the piece.", low=1, rule="R-SKE-007", broadcast=False
    ),
    integers(8, "hole_tensor", "holes", "Number of the tensor whose bytes fill the hole."),
    integers(9, "hole_first", "holes", "First byte in the (permuted) tensor's bytes.", default=0),
    integers(10, "hole_permutation", "holes", "0 none, or 1 + a permutation.", default=0),
    integers(
        11,
        "permutation_rank",
        "permutations",
        "Axes of the permutation; this column says how many there are.",
        default="optional",
        high=32,
        rule="R-SKE-022",
        broadcast=False,
    ),
    integers(12, "permutation_axes", "sum of ranks", "Axes of the tensor in the file's order."),
    integers(13, "crc_first", "crc pieces", "First byte of the range."),
    integers(14, "crc_length", "crc pieces", "Bytes of the range."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """Columns of pieces of all files, in file order."""

    kind: NDArray[np.uint8]
    length: NDArray[np.int64]
    hole_tensor: NDArray[np.int64]
    hole_first: NDArray[np.int64]
    hole_permutation: NDArray[np.int64]
    crc_first: NDArray[np.int64]
    crc_length: NDArray[np.int64]


def parse(unit: Unit, structure: Structure, limits: Limits, trace: Trace = no_trace) -> Skeleton:
    """Return the record of a skeleton unit; its literals are still to come (empty tuple)."""
    source = of_unit(unit, trace)
    head = SkeletonPayload.parse(source)
    if head.file_count > limits.tensors:
        source.refuse("limit-exceeded", "R-LIM-052", f"{head.file_count} files", 4)
    if head.piece_count > limits.tensors:
        source.refuse("limit-exceeded", "R-LIM-004", f"{head.piece_count} pieces", 8)

    table = TableReader(source, SkeletonPayload.width(), head.column_count, COLUMNS)
    names = _names(table, source, head.file_count)
    sizes = table.integers("file_size", head.file_count)
    if total(sizes) > limits.output_bytes:
        source.refuse("limit-exceeded", "R-LIM-050", f"{total(sizes)} bytes of files", 4)
    digests = bytes(table.octets("file_digest", DIGEST_BYTES * head.file_count))
    counts = table.integers("file_piece_count", head.file_count)
    if total(counts) != head.piece_count:
        message = f"files have {total(counts)} pieces, not {head.piece_count}"
        table.refuse_element("malformed", "R-SKE-008", message, "file_piece_count", 0)
    pieces, permutations = _pieces(table, head.piece_count)
    table.finish()

    literal = int(pieces.length[pieces.kind == LITERAL].sum())
    if literal != head.literal_bytes:
        message = f"literal pieces have {literal} bytes, literal_bytes is {head.literal_bytes}"
        source.refuse("malformed", "R-SKE-009", message, 16)
    files = _files(names, sizes, digests, counts, pieces)
    check_files(source, files)
    check_holes(source, files, permutations, structure)
    return Skeleton(carrier=head.carrier, files=files, permutations=permutations, literals=())


def build(skeleton: Skeleton) -> bytes:
    """Return the payload of a skeleton unit; literals are not part of it."""
    files = skeleton.files
    names = [file.name.encode() for file in files]
    pieces = {
        name: np.concatenate([getattr(file, name) for file in files])
        for name in ("kind", "length", "hole_tensor", "hole_first", "hole_permutation")
    }
    ranges = {
        name: np.concatenate([getattr(file, name) for file in files])
        for name in ("crc_first", "crc_length")
    }
    values: ColumnValues = {
        "file_name_length": np.array([len(name) for name in names], np.int64),
        "file_name_text": b"".join(names),
        "file_size": np.array([file.size for file in files], np.int64),
        "file_digest": b"".join(file.sha256 for file in files),
        "file_piece_count": np.array([len(file.kind) for file in files], np.int64),
        "piece_kind": pieces["kind"],
        "piece_length": pieces["length"],
        **{name: pieces[name] for name in ("hole_tensor", "hole_first", "hole_permutation")},
        "permutation_rank": np.array([len(axes) for axes in skeleton.permutations], np.int64),
        "permutation_axes": np.array(
            [axis for axes in skeleton.permutations for axis in axes], np.int64
        ),
        **ranges,
    }
    count, table = build_table(COLUMNS, values, SkeletonPayload.width())
    head = SkeletonPayload(
        carrier=skeleton.carrier,
        file_count=len(files),
        piece_count=len(pieces["kind"]),
        column_count=count,
        literal_bytes=int(pieces["length"][pieces["kind"] == LITERAL].sum()),
    )
    return head.build() + table


def with_literals(skeleton: Skeleton | None, literals: tuple[Buffer, ...]) -> Skeleton | None:
    """Return a skeleton with its literal pool, once all skeleton data has come.

    An inherited one, of which none comes, has it already.
    """
    return replace(skeleton, literals=literals) if skeleton and literals else skeleton


def _names(table: TableReader, source: Source, count: int) -> list[str]:
    lengths = table.integers("file_name_length", count)
    text = bytes(table.octets("file_name_text", total(lengths)))
    names, position = [], 0
    for length in lengths.tolist():
        names.append(text[position : position + length])
        position += length
    return check_names(source, names)


def _pieces(table: TableReader, count: int) -> tuple[Pieces, tuple[tuple[int, ...], ...]]:
    kind = table.integers("piece_kind", count)
    length = table.integers("piece_length", count)
    holes, ranges = int((kind == HOLE).sum()), int((kind == CRC).sum())
    tensor = table.integers("hole_tensor", holes)
    first = table.integers("hole_first", holes)
    permutation = table.integers("hole_permutation", holes)
    permutations = _permutations(table)
    pieces = Pieces(
        kind=kind.astype(np.uint8),
        length=length,
        hole_tensor=tensor,
        hole_first=first,
        hole_permutation=permutation,
        crc_first=table.integers("crc_first", ranges),
        crc_length=table.integers("crc_length", ranges),
    )
    return pieces, permutations


def _permutations(table: TableReader) -> tuple[tuple[int, ...], ...]:
    ranks = table.integers("permutation_rank", None)
    axes = iter(table.integers("permutation_axes", total(ranks)).tolist())
    found = tuple(tuple(next(axes) for _ in range(rank)) for rank in ranks.tolist())
    for row, order in enumerate(found):
        if sorted(order) != list(range(len(order))):
            message = f"{order} is no permutation"
            table.refuse_element("malformed", "R-SKE-010", message, "permutation_rank", row)
    return found


def _files(
    names: Sequence[str],
    sizes: NDArray[np.int64],
    digests: bytes,
    counts: NDArray[np.int64],
    pieces: Pieces,
) -> tuple[SourceFile, ...]:
    """Cut the columns of all pieces into those of each file."""
    files = []
    piece = hole = crc = 0
    for number, name in enumerate(names):
        kind = pieces.kind[piece : piece + int(counts[number])]
        holes = slice(hole, hole + int((kind == HOLE).sum()))
        ranges = slice(crc, crc + int((kind == CRC).sum()))
        files.append(
            SourceFile(
                name=name,
                size=int(sizes[number]),
                sha256=digests[DIGEST_BYTES * number : DIGEST_BYTES * (number + 1)],
                kind=kind,
                length=pieces.length[piece : piece + len(kind)],
                hole_tensor=pieces.hole_tensor[holes],
                hole_first=pieces.hole_first[holes],
                hole_permutation=pieces.hole_permutation[holes],
                crc_first=pieces.crc_first[ranges],
                crc_length=pieces.crc_length[ranges],
            )
        )
        piece, hole, crc = piece + len(kind), holes.stop, ranges.stop
    return tuple(files)
