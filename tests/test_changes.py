"""Changes: the elements of a tensor that are not the root's, without rebuilding it."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

import dombit
from dombit.api import decode_stream, units_of
from dombit.bitstream import registry
from dombit.errors import DombitError, UsageError
from dombit.limits import Limits

RANDOM = np.random.default_rng(12)
Arrays = dict[str, np.ndarray]


def layer(*shape: int) -> np.ndarray:
    """Return bell-shaped weights."""
    return RANDOM.normal(0, 0.02, shape).astype(np.float32)


def some(array: np.ndarray, share: float) -> np.ndarray:
    """Return an array of which a share has other bits."""
    bits = array.view(f"u{array.dtype.itemsize}").copy()
    bits[RANDOM.random(array.shape) < share] += 3
    return bits.view(array.dtype)


TIED = layer(70, 80)
WIDE = layer(300, 257)
ROOT: Arrays = {
    "sparse": WIDE.astype(ml_dtypes.bfloat16), "sparse32": layer(300, 210), "dense": layer(60, 50),
    "copied": layer(64), "cast": layer(50, 40), "cast+": layer(50, 40),
    "i": RANDOM.integers(-9, 9, (80, 90)).astype(np.int16), "none": np.zeros((0, 3)),
    "long": RANDOM.integers(-9, 9, (50, 9)), "double": layer(40, 30).astype(np.float64),
    "c": layer(40, 30).view(np.complex64), "cc": layer(9, 8).astype(np.complex128),
    "nibble": RANDOM.integers(-7, 7, (31, 33)).astype(ml_dtypes.int4), "other": layer(9, 9),
    "tied": TIED, "tied too": TIED, "alone": TIED + 1, "one": np.array(2.5),
    "many": layer(1 << 21).astype(ml_dtypes.bfloat16), "b": np.zeros(50, np.bool_),
}  # fmt: skip
MODEL: Arrays = {
    **ROOT, "sparse": some(ROOT["sparse"], 0.01), "sparse32": some(ROOT["sparse32"], 0.01),
    "dense": ROOT["dense"] + layer(60, 50) * np.float32(1e-3),
    "cast": ROOT["cast"].astype(ml_dtypes.bfloat16), "i": some(ROOT["i"], 0.02),
    "cast+": some(ROOT["cast+"].astype(ml_dtypes.bfloat16), 0.01),
    "double": some(ROOT["double"], 0.3),
    "long": some(ROOT["long"], 0.3), "c": some(ROOT["c"].view(np.float32), 0.3).view(np.complex64),
    "cc": ROOT["cc"] * np.where(RANDOM.random((9, 8)) < 0.5, 1, -1j),
    "nibble": np.where(RANDOM.random((31, 33)) < 0.1, ROOT["nibble"][::-1], ROOT["nibble"]),
    "alone": TIED, "one": np.array(-0.0), "new": layer(7, 5), "other": layer(9, 8),
    "many": some(ROOT["many"], 0.001), "b": RANDOM.random(50) < 0.3, "empty": np.zeros((3, 0)),
}  # fmt: skip


def words(array: np.ndarray) -> np.ndarray:
    """Return the bytes of each element, [n, width]."""
    return np.frombuffer(array.tobytes(), np.uint8).reshape(array.size, array.dtype.itemsize)


def expected(root: Arrays, found: np.ndarray, name: str) -> np.ndarray:
    """Return the places where a tensor's bits differ from the root's, cast; or all."""
    old = root.get(name)
    if old is None or old.shape != found.shape:
        return np.arange(found.size)
    mine, theirs = words(found), words(old.astype(found.dtype))
    return np.flatnonzero((mine != theirs).any(axis=1))


def kinds(data: bytes, root: Any) -> dict[str, int]:
    """Return the flags of the group of each coded tensor: 1 predicted, 2 sparse."""
    structure = decode_stream(data, roots=[root], check_digests=False).structure
    found = {}
    for unit in units_of(data, Limits()):
        if unit.type == registry.GROUP:
            first, count = (int.from_bytes(unit.payload[at : at + 4], "little") for at in (0, 4))
            for number in structure.coded_order[first : first + count].tolist():
                found[structure.tensors[number].name] = unit.payload[34]
    return found


@pytest.mark.parametrize("engine", ["numpy", "numba"])
@pytest.mark.parametrize("settings", [{}, {"index": False}])
def test_changes_are_those_of_a_comparison(engine: Any, settings: dict[str, Any]) -> None:
    """Every kind of tensor and dtype: indices and values are those of decode against the root."""
    data = dombit.to_bytes(MODEL, root=ROOT, **settings)
    flags = kinds(data, ROOT)
    assert {flags[name] for name in ("sparse", "sparse32", "cast+", "i", "many")} == {3}
    assert {flags[name] for name in ("dense", "double")} == {1} and flags["new"] == 0
    whole = dombit.decode(data, roots=[ROOT])
    with dombit.open(data, roots=[ROOT], engine=engine, jobs=2) as stream:
        for name, array in whole.items():
            indices, values = stream.changes(name)
            places = expected(ROOT, array, name)
            assert indices.dtype == np.int64 and np.array_equal(indices, places), name
            assert values.dtype == array.dtype and values.shape == places.shape
            assert values.tobytes() == array.reshape(-1)[places].tobytes(), name
        assert stream.changes("copied")[0].size == stream.changes("cast")[0].size == 0
        assert stream.changes("new")[0].size == 35


@pytest.mark.parametrize("snr", [20, 30])
def test_lossy_changes(snr: float) -> None:
    """Quantised differences, sparse and dense, are those of a comparison too."""
    root = {"w": layer(150, 200).astype(ml_dtypes.bfloat16), "d": layer(60, 70)}
    moved = np.where(RANDOM.random((150, 200)) < 0.01, 0.05, RANDOM.normal(0, 2e-4, (150, 200)))
    new = {"w": (root["w"].astype(np.float64) + moved).astype(ml_dtypes.bfloat16),
           "d": root["d"] + layer(60, 70) / 8}  # fmt: skip
    data = dombit.to_bytes(new, root=root, snr=snr)
    assert kinds(data, root)["w"] == 3
    whole = dombit.decode(data, roots=[root])
    with dombit.open(data, roots=[root]) as stream:
        for name in new:
            places = expected(root, whole[name], name)
            indices, values = stream.changes(name)
            assert np.array_equal(indices, places)
            assert 0 < places.size < whole[name].size or name == "d"
            assert values.tobytes() == whole[name].reshape(-1)[places].tobytes()


def test_coded_changes_that_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quantised differences that are rounded away, sparse, are not listed."""
    root = {"w": (300 + layer(150, 200)).astype(ml_dtypes.bfloat16)}
    moved = RANDOM.random((150, 200)) < 0.01
    new = {"w": (root["w"].astype(np.float32) + 8 * moved).astype(ml_dtypes.bfloat16)}
    true = dombit.writing.Job.levels

    def with_ones(job: Any, number: int, first: int, count: int) -> np.ndarray:
        levels = true(job, number, first, count)
        ones = (np.arange(count) % 97 == 0) & (levels == 0)
        levels[ones] = 1
        return levels

    monkeypatch.setattr(dombit.writing.Job, "levels", with_ones)
    data = dombit.to_bytes(new, root=root, step=0.25, tensor_digests=False)
    assert kinds(data, root)["w"] == 3
    with dombit.open(data, roots=[root]) as stream:
        indices, values = stream.changes("w")
    assert np.array_equal(indices, np.flatnonzero(moved))
    assert values.tobytes() == new["w"].reshape(-1)[indices].tobytes()


def test_changes_read_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sparse tensor is not put together, nor is a copied one read."""
    data = dombit.to_bytes(MODEL, root=ROOT)
    with dombit.open(data, roots=[ROOT]) as stream:
        stream.changes("copied")
        monkeypatch.setattr("dombit.sparse.place", None)
        for name in ("sparse", "many", "i"):
            assert stream.changes(name)[0].size
        monkeypatch.setattr(type(stream._parts), "_read_group", None)
        assert stream.changes("copied")[0].size == stream.changes("cast")[0].size == 0
        assert stream.changes("tied too")[0].size == 0


def test_torch_takes_them() -> None:
    """With framework="pt" values are torch's, and put at the indices they give the tensor."""
    torch = pytest.importorskip("torch")
    data = dombit.to_bytes(MODEL, root=ROOT)
    with dombit.open(data, "pt", roots=[ROOT]) as stream:
        indices, values = stream.changes("sparse")
        held = torch.from_numpy(ROOT["sparse"].view(np.int16).copy()).view(torch.bfloat16)
        held.view(-1)[torch.from_numpy(indices)] = values
        assert torch.equal(held, stream.get_tensor("sparse"))


def test_without_a_root() -> None:
    """A stream of a whole model gives all elements; names that it has not are refused."""
    with dombit.open(dombit.to_bytes({"w": ROOT["dense"]})) as stream:
        indices, values = stream.changes("w")
        assert np.array_equal(indices, np.arange(3000))
        assert values.tobytes() == ROOT["dense"].tobytes()
        with pytest.raises(UsageError, match="keys"):
            stream.changes("x")


def test_wrong_roots_and_damage() -> None:
    """The wrong root is root-mismatch; a damaged unit is found by its CRC."""
    data = bytearray(dombit.to_bytes(MODEL, root=ROOT, pack=False))
    with pytest.raises(DombitError) as caught:
        dombit.open(bytes(data), roots=[MODEL])
    assert caught.value.rule == "R-PRE-502"
    for unit in units_of(bytes(data), Limits()):
        if unit.type == registry.SEGMENT:
            data[unit.payload_start + 30] ^= 4
    with dombit.open(bytes(data), roots=[ROOT]) as stream:
        for name in ("sparse", "dense", "many"):
            with pytest.raises(DombitError, match="integrity"):
                stream.changes(name)
