"""Skeleton checks: names of files, pieces that cover them, holes that fit (chapter 8)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dombit.bitstream.source import Source, total
from dombit.filenames import is_file_name
from dombit.records import CRC, HOLE, SourceFile, Structure

CRC_PIECE = 4


def check_names(source: Source, names: Sequence[bytes]) -> list[str]:
    """Return the names of files as text: relative paths that stay below their folder, unique."""
    texts: dict[str, None] = {}
    for name in names:
        text = _name(source, name)
        if text in texts:
            source.refuse("malformed", "R-SKE-011", f"file name {text!r} stands twice")
        texts[text] = None
    return list(texts)


def check_files(source: Source, files: Sequence[SourceFile]) -> None:
    """Check that pieces cover each file, and that checksums are of ranges that can be summed."""
    for file in files:
        if total(file.length) != file.size:
            message = f"pieces of {file.name!r} have {total(file.length)} bytes of {file.size}"
            source.refuse("malformed", "R-SKE-012", message)
        _check_ranges(source, file)


def check_holes(
    source: Source,
    files: Sequence[SourceFile],
    permutations: Sequence[tuple[int, ...]],
    structure: Structure,
) -> None:
    """Check that each hole names bytes that its tensor has, and a permutation that fits it."""
    sizes = np.array([tensor.byte_size for tensor in structure.tensors], np.int64)
    for file in files:
        if not file.hole_tensor.size:
            continue
        if int(file.hole_tensor.max()) >= sizes.size:
            message = f"{file.name!r} has a hole for tensor {file.hole_tensor.max()}"
            source.refuse("malformed", "R-SKE-013", message)
        stop = file.hole_first + file.length[file.kind == HOLE]
        if (stop > sizes[file.hole_tensor]).any():
            row = int((stop > sizes[file.hole_tensor]).argmax())
            tensor = structure.tensors[int(file.hole_tensor[row])]
            message = f"a hole of {file.name!r} ends at byte {stop[row]} of {tensor.byte_size}"
            source.refuse("malformed", "R-SKE-014", message, tensor=tensor.name)
        _check_permutations(source, file, permutations, structure)


def _name(source: Source, name: bytes) -> str:
    try:
        text = name.decode()
    except UnicodeDecodeError:
        text = "\0"
    if not is_file_name(text):
        source.refuse("forbidden-value", "R-SKE-015", f"file name {name[:80]!r}")
    return text


def _check_ranges(source: Source, file: SourceFile) -> None:
    lengths: NDArray[np.int64] = file.length
    crc = file.kind == CRC
    if (lengths[crc] != CRC_PIECE).any():
        message = f"a CRC piece of {file.name!r} is not {CRC_PIECE} bytes long"
        source.refuse("forbidden-value", "R-SKE-016", message)
    stop = file.crc_first + file.crc_length
    if stop.size and int(stop.max()) > file.size:
        source.refuse("malformed", "R-SKE-017", f"a CRC range leaves {file.name!r}")

    # Pieces ascend, so the CRC pieces that a range touches are those between two searches.
    starts = (np.cumsum(lengths) - lengths)[crc]
    before = np.searchsorted(starts + CRC_PIECE, file.crc_first, side="right")
    after = np.searchsorted(starts, stop, side="left")
    if (after > before).any():
        source.refuse("malformed", "R-SKE-018", f"a CRC range of {file.name!r} holds a CRC piece")


def _check_permutations(
    source: Source,
    file: SourceFile,
    permutations: Sequence[tuple[int, ...]],
    structure: Structure,
) -> None:
    for row in np.flatnonzero(file.hole_permutation).tolist():
        number = int(file.hole_permutation[row]) - 1
        if number >= len(permutations):
            message = f"{file.name!r} names permutation {number} of {len(permutations)}"
            source.refuse("malformed", "R-SKE-019", message)
        tensor = structure.tensors[int(file.hole_tensor[row])]
        if len(permutations[number]) != len(tensor.shape):
            message = f"permutation {permutations[number]} of a tensor of rank {len(tensor.shape)}"
            source.refuse("malformed", "R-SKE-020", message, tensor=tensor.name)
        if tensor.dtype.bits < 8:
            message = f"a permuted hole of dtype {tensor.dtype.name}"
            source.refuse("forbidden-value", "R-SKE-021", message, tensor=tensor.name)
