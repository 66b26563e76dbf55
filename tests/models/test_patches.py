"""Patches: literals that differ, of the same length and of others; what a hostile patch may not."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dombit.choose.skeletons import choose_skeleton, find_patch
from dombit.dtypes import BY_NAME
from dombit.errors import DombitError
from dombit.limits import Limits
from dombit.models import carrier
from dombit.models.carrier import Crc, Hole
from dombit.models.inherited import inherit, skeleton_id
from dombit.models.patches import apply_patch, pool_of
from dombit.records import ModelFile, NamedSkeleton, Skeleton, SkeletonPatch, Tensor

LIMITS = Limits()
DATA = np.arange(12, dtype=np.uint8)
TENSOR = Tensor(name="w", dtype=BY_NAME["u8"], shape=(3, 4), data=DATA)


def a_file(front: bytes, middle: bytes, back: bytes) -> bytes:
    """Return a file: literal, hole, literal, the CRC of the hole, literal."""
    return front + DATA.tobytes() + middle + zlib.crc32(DATA).to_bytes(4, "little") + back


def a_skeleton(front: bytes, middle: bytes, back: bytes) -> Skeleton:
    """Return the skeleton of such a file."""
    at = len(front)
    hole = Hole(start=at, length=12, tensor=0)
    crc = Crc(start=at + 12 + len(middle), first=at, length=12)
    return carrier.skeleton(3, [carrier.cut("m.pt", a_file(front, middle, back), [hole], [crc])])


def filled(skeleton: Skeleton) -> bytes:
    """Return the file of a skeleton."""
    parts = carrier.fill(skeleton, 0, carrier.bytes_of([TENSOR]), [TENSOR])
    return b"".join(bytes(memoryview(part)) for part in parts)


ROOT = a_skeleton(b"header 1;", b"between", b"the end")


def a_patch(*rows: tuple[int, int, bytes]) -> SkeletonPatch:
    """Return a patch: skip, length, text of each."""
    columns = [
        np.array(column, np.int64)
        for column in zip(*[(a, b, len(c)) for a, b, c in rows], strict=True)
    ]
    return SkeletonPatch(
        skip=columns[0], length=columns[1], size=columns[2], text=b"".join(c for _, _, c in rows)
    )


def test_patches_change_literals_and_move_the_rest() -> None:
    """Replaced, inserted, removed; the checksum follows its range."""
    patch = a_patch((7, 1, b"22"), (1, 0, b"<<"), (1, 2, b""), (4, 3, b"THE LAST"))
    found = filled(apply_patch(ROOT, patch, LIMITS))
    assert found == a_file(b"header 22;", b"<<bween", b"THE LAST end")
    assert filled(ROOT) == a_file(b"header 1;", b"between", b"the end")


literals = st.binary(min_size=1, max_size=60)


@settings(max_examples=200, deadline=None)
@given(
    before=st.tuples(literals, literals, literals), after=st.tuples(literals, literals, literals)
)
def test_a_patch_makes_any_literals(before: Any, after: Any) -> None:
    """What the encoder finds makes the one file of the other."""
    old, new = a_skeleton(*before), a_skeleton(*after)
    assert filled(apply_patch(old, find_patch(old, new), LIMITS)) == a_file(*after)


def test_long_literals_with_few_edits_take_little() -> None:
    """Bytes that moved are found again."""
    words = np.random.default_rng(4).integers(0, 255, 100_000).astype(np.uint8).tobytes()
    edited = (
        words[:500] + b"more" + words[500:40_000] + words[40_100:90_000] + b"!" + words[90_001:]
    )
    old, new = a_skeleton(words, b"-", b"-"), a_skeleton(edited, b"-", b"-")
    patch = find_patch(old, new)
    assert len(patch.text) <= 8
    assert len(patch.skip) <= 3
    assert filled(apply_patch(old, patch, LIMITS)) == a_file(edited, b"-", b"-")


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        ("R-SKE-027", [(8, 2, b"x")]),
        ("R-SKE-027", [(23, 0, b"x")]),
        ("R-SKE-027", [(1 << 52, 1, b"")]),
        ("R-SKE-027", [(0, 1, b"")] + [(1 << 52, 1 << 52, b"")] * 2000),
        ("R-SKE-028", [(9, 7, b"")]),
        ("R-SKE-028", [(9, 3, b""), (0, 4, b"")]),
    ],
)
def test_hostile_patches(rule: str, rows: list[tuple[int, int, bytes]]) -> None:
    """A patch that leaves its piece, or leaves nothing of it, is refused."""
    with pytest.raises(DombitError) as caught:
        apply_patch(ROOT, a_patch(*rows), LIMITS)
    assert (caught.value.rule, caught.value.kind) == (rule, "malformed")
    assert caught.value.stage == "structure"


def test_a_range_that_begins_inside_a_patched_piece() -> None:
    """It has no place any more, unless the piece keeps its length."""
    (file,) = ROOT.files
    inside = replace(ROOT, files=(replace(file, crc_first=file.crc_first - 2),))
    with pytest.raises(DombitError, match="R-SKE-029"):
        apply_patch(inside, a_patch((0, 1, b"")), LIMITS)
    kept = apply_patch(inside, a_patch((0, 1, b"H")), LIMITS)
    assert kept.files[0].crc_first == file.crc_first - 2


def test_files_that_grow_beyond_the_limit() -> None:
    """The caller's limit holds for patched files too."""
    patch = a_patch((0, 0, b"x" * 100))
    size = ROOT.files[0].size + 100
    assert apply_patch(ROOT, patch, Limits(output_bytes=size)).files[0].size == size
    with pytest.raises(DombitError, match="R-LIM-050") as caught:
        apply_patch(ROOT, patch, Limits(output_bytes=size - 1))
    assert caught.value.kind == "limit-exceeded"


# ------------------------------------------------------------------------------ inherited


NAMED = NamedSkeleton(skeleton=ROOT, names=("w",))


def test_holes_are_filled_by_name() -> None:
    """Whatever the numbers of the tensors are; the digest of the file is not known."""
    other = replace(TENSOR, name="other")
    found = inherit(NAMED, [other, replace(TENSOR, data=None)], LIMITS)
    assert found.files[0].hole_tensor.tolist() == [1]
    assert found.files[0].sha256 == b""


@pytest.mark.parametrize(
    "tensors",
    [
        [],
        [replace(TENSOR, name="v")],
        [replace(TENSOR, shape=(11,))],
    ],
)
def test_a_hole_without_its_tensor(tensors: list[Tensor]) -> None:
    """The tensor of each hole is there, and has its bytes."""
    with pytest.raises(DombitError, match="R-PRE-026") as caught:
        inherit(NAMED, tensors, LIMITS)
    assert (caught.value.kind, caught.value.stage) == ("malformed", "structure")


def test_a_permuted_hole_needs_the_rank() -> None:
    """A tensor of another rank, or of less than a byte an element, is refused."""
    hole = Hole(start=0, length=12, tensor=0, permutation=(1, 0))
    skeleton = carrier.skeleton(1, [carrier.cut("m.onnx", DATA.tobytes(), [hole])])
    named = NamedSkeleton(skeleton=skeleton, names=("w",))
    assert inherit(named, [TENSOR], LIMITS).permutations == ((1, 0),)
    for wrong in (replace(TENSOR, shape=(12,)), replace(TENSOR, dtype=BY_NAME["u4"], shape=(6, 4))):
        with pytest.raises(DombitError, match="R-PRE-026"):
            inherit(named, [wrong], LIMITS)


def test_ids_are_of_pieces_and_literals_only() -> None:
    """Neither the digest of the file nor the name of the main file has a part in them."""
    (file,) = ROOT.files
    renamed = replace(ROOT, files=(replace(file, name="n.pt", sha256=bytes(32)),))
    assert skeleton_id(NamedSkeleton(skeleton=renamed, names=("w",))) == skeleton_id(NAMED)
    assert len(skeleton_id(NAMED)) == 16
    other = a_skeleton(b"header 2;", b"between", b"the end")
    assert skeleton_id(NamedSkeleton(skeleton=other, names=("w",))) != skeleton_id(NAMED)


def test_what_an_encoder_chooses() -> None:
    """The same, patched, or neither: other pieces, another tensor in a hole, no root's."""
    model = ModelFile(carrier=3, tensors=(TENSOR,), skeleton=ROOT)
    assert choose_skeleton(model, NAMED).patch is None
    assert choose_skeleton(model, NAMED).skeleton_id == skeleton_id(NAMED)
    long = b"header of some length that is the same in both files " * 3
    old, new = a_skeleton(long + b"1", b"-", b"-"), a_skeleton(long + b"22", b"-", b"-")
    patched = choose_skeleton(
        replace(model, skeleton=new), NamedSkeleton(skeleton=old, names=("w",))
    )
    assert patched.patch is not None
    assert filled(apply_patch(old, patched.patch, LIMITS)) == filled(new)
    for held in (
        None,
        NamedSkeleton(skeleton=old, names=("v",)),
        NamedSkeleton(skeleton=carrier.whole(3, {"m.pt": b"x"}), names=()),
    ):
        assert choose_skeleton(replace(model, skeleton=new), held).skeleton_id == b""
    assert pool_of(new).tobytes() == long + b"22--"
