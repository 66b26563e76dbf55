"""Re-assembly: the bytes of a file from literals, tensors and checksums (chapter 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from dombit.errors import UsageError, fail
from dombit.models.checksums import range_checksums
from dombit.records import CRC, HOLE, LITERAL, Buffer, Skeleton, SourceFile, Tensor
from dombit.views import bytes_of_alias

TensorBytes = Callable[[int], NDArray[np.uint8]]
"""Canonical bytes of a tensor (aliases included), by number; flat."""

_CHUNK = 1 << 17
"""Elements of a permuted tensor that are gathered at a time."""


def fill(
    skeleton: Skeleton,
    file_number: int,
    tensor_bytes: TensorBytes,
    tensors: Sequence[Tensor] = (),
) -> Iterator[Buffer]:
    """Yield the bytes of a file, piece by piece (buffers of bytes; slices, no copies).

    `tensors` gives shapes and dtypes; needed where a hole is permuted. Raises DombitError
    where a piece does not give the bytes it promises (R-SKE-070) or a permutation does not
    fit its tensor (R-SKE-071); `bitstream.skeleton` refuses most such skeletons before.
    """
    checks = iter(_checksums(skeleton, file_number, tensor_bytes, tensors))
    for kind, part in _pieces(skeleton, file_number, tensor_bytes, tensors):
        if kind == CRC:
            yield next(checks).to_bytes(4, "little")
        else:
            yield from part


def _pieces(
    skeleton: Skeleton, number: int, tensor_bytes: TensorBytes, tensors: Sequence[Tensor]
) -> Iterator[tuple[int, Iterator[Buffer]]]:
    """Yield kind and content of each piece; a CRC piece has four zero bytes for content."""
    file = skeleton.files[number]
    pool = _Pool(skeleton.literals, _literals_before(skeleton, number))
    hole = 0
    for kind, length in zip(file.kind.tolist(), file.length.tolist(), strict=True):
        if kind == LITERAL:
            yield kind, pool.take(length)
        elif kind == HOLE:
            data, first = tensor_bytes(int(file.hole_tensor[hole])), int(file.hole_first[hole])
            if first < 0 or first + length > data.size:
                _short()
            view = _permuted(skeleton, tensors, data, file, hole)
            yield kind, _gathered(view, first, length)
            hole += 1
        else:
            yield kind, iter((bytes(4),))


def _literals_before(skeleton: Skeleton, number: int) -> int:
    return sum(int(file.length[file.kind == LITERAL].sum()) for file in skeleton.files[:number])


class _Pool:
    """The literal pool of a skeleton, read one after another from a place on."""

    def __init__(self, literals: Sequence[Buffer], start: int) -> None:
        self._buffers = literals
        self._number = 0
        self._at = start

    def take(self, length: int) -> Iterator[Buffer]:
        """Yield the next `length` bytes as slices of the pool's buffers."""
        while length > 0:
            if self._number == len(self._buffers):
                _short()
            buffer = np.frombuffer(self._buffers[self._number], np.uint8)
            part = buffer[self._at : self._at + length]
            length -= len(part)
            self._at += len(part)
            if part.size:
                yield part.data
            if self._at >= len(buffer):
                self._at -= len(buffer)
                self._number += 1


def _permuted(
    skeleton: Skeleton, tensors: Sequence[Tensor], data: NDArray[np.uint8], file: SourceFile, n: int
) -> NDArray[np.uint8]:
    """Return the bytes of a hole's tensor as the file orders them; flat where it permutes none."""
    permutation = int(file.hole_permutation[n])
    if permutation == 0:
        return data
    if not tensors:
        raise UsageError("a permuted hole needs the shapes of the tensors")
    tensor = tensors[int(file.hole_tensor[n])]
    return _transposed(data, tensor, skeleton.permutations[permutation - 1])


def _transposed(
    data: NDArray[np.uint8], tensor: Tensor, axes: tuple[int, ...]
) -> NDArray[np.uint8]:
    """Return a view of a tensor's bytes with permuted axes, and one axis more for the bytes."""
    whole = tensor.dtype.bits % 8 == 0 and data.size == tensor.byte_size
    if not whole or sorted(axes) != list(range(len(tensor.shape))):
        fail(
            "malformed",
            "R-SKE-071",
            f"the permutation {axes} does not fit the tensor",
            stage="parameters",
            tensor=tensor.name,
        )
    shaped = data.reshape(*tensor.shape, tensor.dtype.bits // 8)
    return shaped.transpose(*axes, len(axes))


def _gathered(view: NDArray[np.uint8], first: int, length: int) -> Iterator[Buffer]:
    """Yield a range of the bytes of a view in C order: a slice of flat bytes, else chunks."""
    if view.ndim == 1:
        yield view[first : first + length]
        return
    width, shape = view.shape[-1], (1, *view.shape[:-1])
    for start in range(first // width, -(-(first + length) // width), _CHUNK):
        stop = min(start + _CHUNK, -(-(first + length) // width))
        index = np.unravel_index(np.arange(start, stop), shape)
        part = view[np.newaxis][index].reshape(-1)
        base = start * width
        yield part[max(first - base, 0) : first + length - base]


def _short() -> NoReturn:
    fail(
        "malformed",
        "R-SKE-070",
        "a piece of a file is longer than what it is taken from",
        stage="parameters",
    )


def _checksums(
    skeleton: Skeleton, number: int, tensor_bytes: TensorBytes, tensors: Sequence[Tensor]
) -> list[int]:
    """Return the values of a file's CRC pieces; no range holds one, so they count as zeros."""
    file = skeleton.files[number]
    if not file.crc_first.size:
        return []
    ends = file.crc_first + file.crc_length
    if (file.crc_first < 0).any() or (file.crc_length < 0).any() or ends.max() > file.length.sum():
        _short()
    pieces = _pieces(skeleton, number, tensor_bytes, tensors)
    parts = (part for _, content in pieces for part in content)
    values: list[int] = range_checksums(parts, file.crc_first, file.crc_length).tolist()
    return values


def bytes_of(tensors: Sequence[Tensor]) -> TensorBytes:
    """Return the function that gives canonical bytes by number, aliases resolved."""

    def give(number: int) -> NDArray[np.uint8]:
        tensor = tensors[number]
        if tensor.data is not None:
            return tensor.data
        target = None if tensor.alias is None else tensors[tensor.alias.target].data
        return bytes_of_alias(tensor, np.zeros(0, np.uint8) if target is None else target)

    return give
