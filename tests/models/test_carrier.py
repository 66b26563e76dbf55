"""Cutting files and putting them together again."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dombit.dtypes import BY_NAME
from dombit.errors import BadSource, DombitError, UsageError
from dombit.models import carrier
from dombit.models.carrier import Crc, Hole
from dombit.records import CRC, HOLE, LITERAL, Alias, Skeleton, Tensor


def tensor(
    values: NDArray[np.generic], name: str = "t", dtype: str = "f32", **rest: object
) -> Tensor:
    """Return a tensor record with these values."""
    data = np.ascontiguousarray(values).reshape(-1).view(np.uint8)
    return Tensor(name=name, dtype=BY_NAME[dtype], shape=values.shape, data=data)


def joined(skeleton: Skeleton, tensors: list[Tensor], number: int = 0) -> bytes:
    """Return a re-assembled file."""
    parts = carrier.fill(skeleton, number, carrier.bytes_of(tensors), tensors)
    return b"".join(bytes(part) for part in parts)


def test_literals_are_slices_of_the_file() -> None:
    """Pieces alternate as they stand in the file, and no literal byte is copied."""
    data = np.arange(64, dtype=np.uint8)
    holes = [Hole(start=8, length=16, tensor=1), Hole(start=24, length=8, tensor=0, first=4)]
    part = carrier.cut("f", data, holes)
    assert part.file.kind.tolist() == [LITERAL, HOLE, HOLE, LITERAL]
    assert part.file.length.tolist() == [8, 16, 8, 32]
    assert part.file.hole_first.tolist() == [0, 4]
    assert part.file.sha256 == hashlib.sha256(data).digest()
    assert all(np.shares_memory(np.frombuffer(piece, np.uint8), data) for piece in part.literals)


@pytest.mark.parametrize(
    "holes",
    [
        [Hole(start=0, length=5, tensor=0), Hole(start=4, length=2, tensor=1)],
        [Hole(start=9, length=2, tensor=0)],
        [Hole(start=-1, length=2, tensor=0)],
        [Hole(start=3, length=-2, tensor=0)],
    ],
)
def test_pieces_that_overlap_or_leave_the_file_are_refused(holes: list[Hole]) -> None:
    """A cut needs disjoint pieces inside the file."""
    with pytest.raises(BadSource):
        carrier.cut("f", bytes(10), holes)


@given(st.binary(max_size=80), st.data())
def test_any_cut_gives_the_file_again(data: bytes, draw: st.DataObject) -> None:
    """Holes anywhere, filled with what stood there, re-assemble every file of a skeleton."""
    bounds = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=8)))
    pairs = list(zip(bounds[::2], bounds[1::2], strict=False))
    tensors = [
        tensor(np.frombuffer(data[a:b], np.uint8), f"t{i}", "u8") for i, (a, b) in enumerate(pairs)
    ]
    holes = [Hole(start=a, length=b - a, tensor=i) for i, (a, b) in enumerate(pairs)]
    cuts = [carrier.cut("a", data, holes), carrier.cut("b", data[:7], ())]
    skeleton = carrier.skeleton(1, [*cuts, carrier.cut("c", data, holes)])
    assert [joined(skeleton, tensors, n) for n in range(3)] == [data, data[:7], data]
    assert carrier.verify(skeleton, {"a": data, "b": data[:7], "c": data}, tensors)


def test_verify_sees_any_difference() -> None:
    """A changed byte, a byte more, a byte less, a missing file: verification says no."""
    data = bytes(range(50))
    values = tensor(np.frombuffer(data[10:20], np.uint8), dtype="u8")
    skeleton = carrier.skeleton(0, [carrier.cut("f", data, [Hole(start=10, length=10, tensor=0)])])
    assert carrier.verify(skeleton, {"f": data}, [values])
    for other in (data[:-1], data + b"x", data[:15] + b"?" + data[16:], b""):
        assert not carrier.verify(skeleton, {"f": other}, [values])
    assert not carrier.verify(skeleton, {"g": data}, [values])


def test_a_whole_file_is_literal() -> None:
    """Carried whole, files of any size have literals only, and empty ones no piece."""
    skeleton = carrier.whole(0, {"a": b"abc", "b": b"", "c": b"d"})
    assert [file.kind.size for file in skeleton.files] == [1, 0, 1]
    assert [joined(skeleton, [], n) for n in range(3)] == [b"abc", b"", b"d"]


@pytest.mark.parametrize("axes", [(1, 0, 2), (2, 1, 0), (1, 2, 0)])
def test_permuted_holes(axes: tuple[int, ...]) -> None:
    """A hole with a permutation holds the transposed tensor, also from within an element."""
    values = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    turned = np.ascontiguousarray(values.transpose(axes)).tobytes()
    data = b"head" + turned[:101] + b"gap" + turned[101:]
    holes = [
        Hole(start=4, length=101, tensor=0, permutation=axes),
        Hole(start=108, length=139, tensor=0, first=101, permutation=axes),
    ]
    skeleton = carrier.skeleton(3, [carrier.cut("f", data, holes)])
    assert skeleton.permutations == (axes,)
    assert joined(skeleton, [tensor(values)]) == data


def test_large_permuted_holes_come_in_chunks() -> None:
    """A permuted tensor of a megabyte is gathered piece by piece."""
    values = np.arange(1 << 18, dtype=np.float32).reshape(512, 512)
    data = np.ascontiguousarray(values.T).tobytes()
    hole = Hole(start=0, length=len(data), tensor=0, permutation=(1, 0))
    skeleton = carrier.skeleton(3, [carrier.cut("f", data, [hole])])
    parts = list(carrier.fill(skeleton, 0, carrier.bytes_of([tensor(values)]), [tensor(values)]))
    assert len(parts) == 2
    assert b"".join(bytes(part) for part in parts) == data


def test_permutations_are_numbered_over_all_files() -> None:
    """Files share the skeleton's list of permutations; one that changes nothing is none."""
    values = [tensor(np.arange(6, dtype=np.float32).reshape(2, 3), name) for name in "ab"]
    data = np.arange(6, dtype=np.float32).reshape(2, 3).T.tobytes(order="C")
    plain = np.arange(6, dtype=np.float32).tobytes()
    one = carrier.cut("a", plain, [Hole(start=0, length=24, tensor=0, permutation=(0, 1))])
    two = carrier.cut("b", data, [Hole(start=0, length=24, tensor=1, permutation=(1, 0))])
    skeleton = carrier.skeleton(3, [one, two, two])
    assert skeleton.permutations == ((1, 0),)
    assert [file.hole_permutation.tolist() for file in skeleton.files] == [[0], [1], [1]]
    assert carrier.verify(skeleton, {"a": plain, "b": data}, values)


def test_checksum_pieces_follow_the_tensor() -> None:
    """CRC pieces before and behind their range are computed from the re-assembled bytes."""
    old, new = np.zeros(8, np.float32), np.arange(8, dtype=np.float32)

    def built(values: NDArray[np.float32]) -> bytes:
        body = b"<" + values.tobytes() + b">"
        crc = struct.pack("<I", zlib.crc32(body))
        return b"head" + crc + body + crc + struct.pack("<I", zlib.crc32(values.tobytes()))

    data = built(old)
    crcs = [
        Crc(start=4, first=8, length=34),
        Crc(start=42, first=8, length=34),
        Crc(start=46, first=9, length=32),
    ]
    part = carrier.cut("f", data, [Hole(start=9, length=32, tensor=0)], crcs)
    assert (part.file.kind == CRC).sum() == 3
    skeleton = carrier.skeleton(3, [part])
    assert joined(skeleton, [tensor(old)]) == data
    assert joined(skeleton, [tensor(new)]) == built(new)
    after = carrier.with_digests(skeleton, carrier.bytes_of([tensor(new)]))
    assert after.files[0].sha256 == hashlib.sha256(built(new)).digest()


def test_aliases_are_resolved() -> None:
    """Contiguous, strided and sub-byte aliases give their logical elements."""
    base = tensor(np.arange(12, dtype=np.float32).reshape(3, 4))
    f32, i4 = base.dtype, BY_NAME["i4"]
    tensors = [
        base,
        Tensor(name="b", dtype=f32, shape=(5,), data=None, alias=Alias(target=0, offset=2)),
        Tensor(name="c", dtype=f32, shape=(4, 3), data=None, alias=Alias(target=0, strides=(1, 4))),
        Tensor(name="d", dtype=i4, shape=(4,), data=np.array([0x21, 0x43], np.uint8)),
        Tensor(name="e", dtype=i4, shape=(3,), data=None, alias=Alias(target=3, offset=1)),
        Tensor(name="f", dtype=f32, shape=(), data=None, alias=Alias(target=0, offset=7)),
        Tensor(name="g", dtype=f32, shape=(2, 0), data=None, alias=Alias(target=0, strides=(9, 1))),
    ]
    give = carrier.bytes_of(tensors)
    assert give(1).view(np.float32).tolist() == [2, 3, 4, 5, 6]
    assert give(2).view(np.float32).reshape(4, 3).tolist() == [
        [0, 4, 8], [1, 5, 9], [2, 6, 10], [3, 7, 11],
    ]  # fmt: skip
    assert give(4).tolist() == [0x32, 0x04]
    assert give(5).view(np.float32).tolist() == [7]
    assert give(6).size == 0


def hostile(**changes: object) -> tuple[Skeleton, list[Tensor]]:
    """Return a skeleton with a hole and a checksum, its one file changed."""
    values = tensor(np.arange(6, dtype=np.float32).reshape(2, 3))
    hole = Hole(start=4, length=24, tensor=0, permutation=(1, 0))
    part = carrier.cut("f", bytes(40), [hole], [Crc(start=30, first=4, length=24)])
    skeleton = carrier.skeleton(3, [part])
    file = replace(skeleton.files[0], **changes)  # type: ignore[arg-type]
    return replace(skeleton, files=(file,)), [values]


@pytest.mark.parametrize(
    "changes",
    [
        {"hole_first": np.array([1])},
        {"hole_first": np.array([-1])},
        {"length": np.array([4, 25, 2, 4, 6])},
        {"length": np.array([4, 24, 2, 4, 7])},
        {"crc_first": np.array([20])},
        {"crc_first": np.array([-1])},
        {"crc_length": np.array([-3])},
    ],
)
def test_pieces_that_reach_too_far_are_malformed(changes: dict[str, object]) -> None:
    """Re-assembly of a hostile skeleton fails with a rule, never with an index error."""
    skeleton, tensors = hostile(**changes)
    with pytest.raises(DombitError, match="R-SKE-070"):
        joined(skeleton, tensors)


@pytest.mark.parametrize("axes", [(0,), (0, 0), (0, 2), (2, 1, 0)])
def test_permutations_that_do_not_fit_are_malformed(axes: tuple[int, ...]) -> None:
    """A permutation must be one of the tensor's axes."""
    skeleton, tensors = hostile()
    with pytest.raises(DombitError, match="R-SKE-071"):
        joined(replace(skeleton, permutations=(axes,)), tensors)


def test_permuted_holes_need_shapes() -> None:
    """Without the tensors' shapes a permuted hole cannot be filled, which is the caller's fault."""
    skeleton, tensors = hostile()
    with pytest.raises(UsageError):
        list(carrier.fill(skeleton, 0, carrier.bytes_of(tensors)))


def test_skeleton_digest_of_a_small_skeleton() -> None:
    """The digest is over the serialisation of chapter 8; positions are in byte order of names.

    The name of the main file takes no part.
    """
    data = b"ab" + bytes(8) + b"1234" + b"cd"
    hole = Hole(start=2, length=8, tensor=0, first=4, permutation=(1, 0))
    part = carrier.cut("m", data, [hole], [Crc(start=10, first=2, length=8)])
    skeleton = carrier.skeleton(3, [part, carrier.cut("n", b"", ())])
    expected = b"dombitSK" + struct.pack("<HBI", 1, 3, 2)
    expected += struct.pack("<I", 0) + struct.pack("<QI", 16, 4)
    expected += struct.pack("<BQ", 0, 2)
    expected += struct.pack("<BQIQB", 1, 8, 1, 4, 2) + bytes([1, 0])
    expected += struct.pack("<BQQQ", 2, 4, 2, 8)
    expected += struct.pack("<BQ", 0, 2)
    expected += struct.pack("<I", 1) + b"n" + struct.pack("<QI", 0, 0)
    expected += b"abcd"
    names = ["z", "a"]
    assert carrier.skeleton_digest(skeleton, names) == hashlib.sha256(expected).digest()
