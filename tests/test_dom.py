"""DoM: models as differences from a root, through the API and the command."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import hypothesis.extra.numpy as hnp
import ml_dtypes
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dombit
from dombit.api import decode_stream, units_of
from dombit.bitstream import registry
from dombit.cli import main
from dombit.errors import DombitError, RootMissing
from dombit.limits import Limits

RANDOM = np.random.default_rng(7)
Arrays = dict[str, np.ndarray]
Captured = pytest.CaptureFixture[str]


def layer(*shape: int) -> np.ndarray:
    """Return bell-shaped weights."""
    return RANDOM.normal(0, 0.02, shape).astype(np.float32)


def nudged(array: np.ndarray, share: float) -> np.ndarray:
    """Return an array of floats of which a share moved by one unit in the last place."""
    bits = array.view(f"u{array.dtype.itemsize}").copy()
    moved = RANDOM.random(array.shape) < share
    bits[moved] += np.where(RANDOM.random(int(moved.sum())) < 0.5, 1, -1).astype(bits.dtype)
    return bits.view(array.dtype)


def same(found: Arrays, expected: Arrays) -> None:
    """Check that two models are equal bit by bit."""
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape), name
        assert found[name].tobytes() == array.tobytes(), name


ROOT: Arrays = {
    "a": layer(200, 300), "b": layer(64), "half": layer(120, 130).astype(ml_dtypes.bfloat16),
    "i": RANDOM.integers(-99, 99, (40, 50)).astype(np.int8), "gone": layer(9, 9),
    "d": layer(30, 40).astype(np.float64), "z": np.zeros((50, 60), np.float32),
}  # fmt: skip
MODEL: Arrays = {
    "a": ROOT["a"] + layer(200, 300) * np.float32(1e-3), "b": ROOT["b"],
    "half": nudged(ROOT["half"], 0.02), "i": ROOT["i"] + (RANDOM.random((40, 50)) < 0.1),
    "new": layer(17, 5), "d": ROOT["d"] * (1 + 1e-9), "z": ROOT["z"],
}  # fmt: skip


def codings(data: bytes, roots: list[Any]) -> dict[str, tuple[int, int]]:
    """Return coding and flags of the group of each coded tensor."""
    structure, found = decode_stream(data, roots=roots).structure, {}
    for unit in units_of(data, Limits()):
        if unit.type == registry.GROUP:
            first, count = (int.from_bytes(unit.payload[at : at + 4], "little") for at in (0, 4))
            for number in structure.coded_order[first : first + count].tolist():
                found[structure.tensors[number].name] = unit.payload[33], unit.payload[34]
    return found


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_a_dom_is_its_model(engine: Any) -> None:
    """Copied, dense, sparse, new and dropped tensors come back; the stream is far smaller."""
    data = dombit.to_bytes(MODEL, root=ROOT)
    same(dombit.decode(data, roots=[ROOT], engine=engine), MODEL)
    assert len(data) < 0.6 * len(dombit.to_bytes(MODEL))
    found = codings(data, [ROOT])
    assert found == {"a": (2, 1), "half": (2, 3), "i": (2, 3), "new": found["new"], "d": (2, 1)}
    assert found["new"][1] == 0


def test_a_model_is_the_difference_of_nothing_from_itself() -> None:
    """Equal models: no group at all."""
    data = dombit.to_bytes(ROOT, root=ROOT)
    same(dombit.decode(data, roots=[ROOT]), ROOT)
    assert codings(data, [ROOT]) == {} and len(data) < 650


@pytest.mark.parametrize("kind", [ml_dtypes.bfloat16, np.float16])
def test_casts_cost_nothing(kind: Any) -> None:
    """A narrower cast of the root is a copy of every tensor."""
    root = {"a": ROOT["a"], "b": ROOT["b"]}
    cast = {name: array.astype(kind) for name, array in root.items()}
    data = dombit.to_bytes(cast, root=root)
    same(dombit.decode(data, roots=[root]), cast)
    assert codings(data, [root]) == {}


def test_an_unrelated_root_costs_little() -> None:
    """Where nothing is alike, tensors are coded by themselves."""
    other = {name: RANDOM.permutation(array.reshape(-1)).reshape(array.shape) * 3
             for name, array in MODEL.items() if name in "ab"}  # fmt: skip
    model = {"a": MODEL["a"], "b": MODEL["b"]}
    alone = len(dombit.to_bytes(model))
    data = dombit.to_bytes(model, root=other)
    same(dombit.decode(data, roots=[other]), model)
    assert len(data) <= 1.002 * alone + 512


SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=9)
KINDS = ["<f4", "<f2", "<f8", "<i4", "<u8", "<i8", "|u1", "|i1", "|b1", "<c8", "bf16", "i4"]


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(
    parts=st.lists(
        st.tuples(st.sampled_from(KINDS), SHAPES, st.integers(0, 2**32 - 1), st.floats(0, 1)),
        min_size=1, max_size=5,
    )
)  # fmt: skip
def test_any_pair_of_models(parts: list[Any]) -> None:
    """Arrays of random bits of which some differ from the root's: identity, every dtype."""
    root: Arrays = {}
    model: Arrays = {}
    for number, (kind, shape, seed, share) in enumerate(parts):
        rng = np.random.default_rng(seed)
        dtype = np.dtype({"bf16": ml_dtypes.bfloat16, "i4": ml_dtypes.int4}.get(kind, kind))
        size = int(np.prod(shape))
        if kind in ("|b1", "i4"):
            first, other = rng.integers(0, 2, (2, size)).astype(np.int8).astype(dtype)
        else:
            first, other = (
                np.frombuffer(rng.bytes(size * dtype.itemsize), dtype) for _ in range(2)
            )
        mixed = np.where(rng.random(size) < share, first, other)
        root[f"t{number}"] = first.reshape(shape)
        model[f"t{number}"] = mixed.astype(dtype).reshape(shape)
    data = dombit.to_bytes(model, root=root, engine="numpy", jobs=1)
    same(dombit.decode(data, roots=[root], engine="numpy", jobs=1), model)


def test_chains_resolve_by_digest(tmp_path: Path) -> None:
    """v3 from v2 from v1, the roots given in any order, as streams or as other files."""
    first, second = MODEL, {**MODEL, "a": nudged(MODEL["a"], 0.01)}
    third = {**second, "half": nudged(second["half"], 0.01)}
    paths = [tmp_path / f"v{n}.dombit" for n in (1, 2, 3)]
    dombit.encode(first, paths[0])
    dombit.encode(second, paths[1], root=paths[0])
    dombit.encode(third, paths[2], root=paths[1], roots=[paths[0]])
    for roots in ([paths[0], paths[1]], [paths[1], paths[0]], [second], [first, paths[1], ROOT]):
        same(dombit.decode(paths[2], roots=roots), third)
    assert decode_stream(paths[2], roots=paths[:2]).structure.chain_depth == 2
    with pytest.raises(RootMissing, match="was not given"):
        dombit.decode(paths[2])
    with pytest.raises(DombitError, match="root-mismatch") as caught:
        dombit.decode(paths[2], roots=[paths[0]])
    assert caught.value.rule == "R-PRE-502" and caught.value.stage == "structure"


def test_a_lossy_root_is_the_root_as_decoded() -> None:
    """The difference is taken from what the receiver decodes, not from the original."""
    lossy = dombit.to_bytes({"a": ROOT["a"]}, snr=20)
    data = dombit.to_bytes({"a": ROOT["a"]}, root=lossy)
    same(dombit.decode(data, roots=[lossy]), {"a": ROOT["a"]})
    with pytest.raises(DombitError, match="root-mismatch"):
        dombit.decode(data, roots=[{"a": ROOT["a"]}])


def test_the_command(tmp_path: Path, capsys: Captured) -> None:
    """Encode --root, decode --root, verify --root; without it code 4 that names the digest."""
    root, model = tmp_path / "v1.safetensors", tmp_path / "v2.npz"
    dombit.decode(dombit.to_bytes({"a": ROOT["a"]}), root)
    np.savez(model, a=nudged(ROOT["a"], 0.02))
    stream, back = tmp_path / "v2.dombit", tmp_path / "back.npz"
    assert main(["encode", str(model), "--root", str(root), "-o", str(stream), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bytes"] < 12_000
    assert main(["decode", str(stream), "--root", str(root), "-o", str(back)]) == 0
    with np.load(back) as found, np.load(model) as given_:
        assert found["a"].tobytes() == given_["a"].tobytes()
    assert main(["verify", str(stream), "--root", str(root)]) == 0
    capsys.readouterr()
    assert main(["decode", str(stream), "-o", str(tmp_path / "x.npz")]) == 4
    said = capsys.readouterr().err
    assert "root-missing" in said and "--root" in said
    assert main(["verify", str(stream), "--root", str(model)]) == 1
    assert "root-mismatch" in capsys.readouterr().err
    assert not (tmp_path / "x.npz").exists()


def test_single_tensors_of_a_dom() -> None:
    """Random access: copied, dense and sparse tensors, slices, with an index and without."""
    for settings_ in ({}, {"index": False}):
        data = dombit.to_bytes(MODEL, root=ROOT, **settings_)
        with dombit.open(data, roots=[ROOT]) as stream:
            assert set(stream.offset_keys()) == set(MODEL)
            for name, array in MODEL.items():
                assert stream.get_tensor(name).tobytes() == array.tobytes()
                assert stream.get_slice(name)[3:9].tobytes() == array[3:9].tobytes()
        with pytest.raises(RootMissing):  # names and shapes are the root's
            dombit.open(data)


def test_a_dom_that_lists_its_tensors_opens_without_its_root() -> None:
    """Names and shapes are there; the root is looked for when a tensor is read."""
    strange = {name.upper(): array for name, array in MODEL.items()}
    with dombit.open(dombit.to_bytes(strange, root=ROOT)) as stream:
        assert set(stream.keys()) == set(strange)
        with pytest.raises(RootMissing):
            stream.get_tensor("A")


@pytest.mark.parametrize("kind", ["<f4", "<f2", "<f8", "bf16"])
@pytest.mark.parametrize(("rate", "flags"), [({"snr": 30}, 1), ({"step": 0.02}, 3)])
def test_lossy_differences(kind: str, rate: dict[str, float], flags: int) -> None:
    """Weights near the root's are quantised as differences: smaller, as exact, in closed loop."""
    dtype = np.dtype(ml_dtypes.bfloat16 if kind == "bf16" else kind)
    old = {"w": RANDOM.normal(0, 0.02, (150, 200)).astype(dtype), "b": ROOT["b"]}
    moved = np.where(RANDOM.random((150, 200)) < 0.01, 0.05, RANDOM.normal(0, 2e-3, (150, 200)))
    new = {"w": (old["w"].astype(np.float64) + moved).astype(dtype), "b": ROOT["b"]}
    out = io.BytesIO()
    report = dombit.encode(new, out, root=old, **rate)
    data = out.getvalue()
    assert codings(data, [old])["w"] == (3, flags)
    found = [dombit.decode(data, roots=[old], engine=engine)["w"] for engine in ("numpy", "numba")]
    assert found[0].tobytes() == found[1].tobytes()
    error = found[0].astype(np.float64) - new["w"].astype(np.float64)
    signal = np.square(new["w"].astype(np.float64)).sum()
    assert report.snr_db == pytest.approx(10 * np.log10(signal / np.square(error).sum()))
    if "snr" in rate:
        assert 30 <= report.snr_db <= 30.05
        assert len(data) < 0.7 * len(dombit.to_bytes(new, **rate))
    else:
        assert np.abs(error).max() <= 0.6 * 0.02 * 1.01
    # What comes next is the difference from what was decoded.
    held = {"w": found[0], "b": ROOT["b"]}
    again = dombit.to_bytes(new, root=data, roots=[old])
    same(dombit.decode(again, roots=[held]), new)


def test_lossy_beside_a_root_that_does_not_help() -> None:
    """Far from the root, or where it is not finite, weights are quantised by themselves."""
    far = {"w": ROOT["a"] * 50}
    assert codings(dombit.to_bytes({"w": ROOT["a"]}, root=far, snr=20), [far])["w"] == (3, 0)
    broken = {"w": np.full((200, 300), np.nan, np.float32)}
    data = dombit.to_bytes({"w": ROOT["a"]}, root=broken, snr=20)
    assert codings(data, [broken])["w"] == (3, 0)
    copied = dombit.to_bytes({"w": ROOT["a"]}, root={"w": ROOT["a"]}, snr=20)
    same(dombit.decode(copied, roots=[{"w": ROOT["a"]}]), {"w": ROOT["a"]})


@pytest.mark.parametrize("framework", ["np", "pt"])
def test_copies_are_the_caller_s_own(framework: Any) -> None:
    """Who changes a decoded tensor that is a copy does not change the root that was given."""
    if framework == "pt":
        pytest.importorskip("torch")
    root = {"b": ROOT["b"].copy()}
    data = dombit.to_bytes(root, root=root)
    found = dombit.decode(data, roots=[root], framework=framework)["b"]
    found[:] = 7
    with dombit.open(data, framework, roots=[root]) as stream:
        stream.get_tensor("b")[:] = 8
    assert np.array_equal(root["b"], ROOT["b"])
