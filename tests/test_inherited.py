"""Inherited: structure, skeleton and patches of a root; packed streams (13.7, 13.8, 8.10, 3.8)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

import dombit
from dombit.api import decode_stream
from dombit.bitstream import registry
from dombit.errors import DombitError, RootMissing
from dombit.events import FieldRead, UnitRead
from dombit.scan import scan

RANDOM = np.random.default_rng(137)
PACKED_AT = 12


def weights(count: int = 8, shape: tuple[int, ...] = (64, 64)) -> dict[str, np.ndarray]:
    """Return float tensors with names as models have them."""
    return {
        f"layers.{n}.weight": RANDOM.normal(0, 0.02, shape).astype(np.float32) for n in range(count)
    }


def few_changes(model: dict[str, np.ndarray], name: str, count: int) -> dict[str, np.ndarray]:
    """Return a model of which `count` elements of one tensor moved by one unit."""
    changed = {key: array.copy() for key, array in model.items()}
    words = changed[name].reshape(-1).view(np.uint32)
    words[RANDOM.choice(words.size, count, replace=False)] += 1
    return changed


ROOT = weights()
NEXT = few_changes(ROOT, "layers.3.weight", 20)


def sent(model: Any, root: Any, **how: Any) -> bytes:
    """Return the stream of a difference, after it was decoded and compared."""
    out = io.BytesIO()
    dombit.encode(model, out, root=root, **how)
    data = out.getvalue()
    for engine in ("numpy", "numba"):
        found = dombit.decode(data, roots=[root], engine=engine)
        assert found.keys() == model.keys()
        for name, array in model.items():
            assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
            assert found[name].tobytes() == array.tobytes()
    return data


def is_packed(data: bytes) -> bool:
    """Tell whether a stream is one unit."""
    return int.from_bytes(data[PACKED_AT : PACKED_AT + 2], "little") == registry.PACKED


# ------------------------------------------------------------------------------- what it costs


@pytest.mark.parametrize("count", [1, 8, 3000])
def test_equal_models_are_256_bytes_at_most(count: int) -> None:
    """Whatever the number of tensors, those that repeat each other too."""
    model = {f"block.{n}.weight": np.ones((4, 4), np.float32) for n in range(count)}
    assert len(sent(model, dict(model))) <= 256


def test_the_fixed_cost_of_a_small_difference_is_224_bytes_at_most(tmp_path: Path) -> None:
    """A file whose structure and skeleton are the root's: all but words and side bits."""
    save_file(ROOT, tmp_path / "v1.safetensors")
    save_file(NEXT, tmp_path / "v2.safetensors")
    stream = tmp_path / "v2.dombit"
    dombit.encode(tmp_path / "v2.safetensors", stream, root=tmp_path / "v1.safetensors")
    moving = {"words": 0, "tail": 0}

    def tell(event: Any) -> None:
        name = event.path.rpartition(".")[2] if isinstance(event, FieldRead) else ""
        if name in moving:
            moving[name] += event.stop - event.start

    scan(stream, tell)
    assert moving["tail"] > 0
    assert stream.stat().st_size - sum(moving.values()) <= 224


def test_a_cast_of_all_costs_a_column_of_one_element() -> None:
    """The dtype is said once, names and shapes not at all."""
    for dtype in (np.dtype("<f2"), np.dtype(ml_dtypes.bfloat16)):
        model = {name: array.astype(dtype) for name, array in ROOT.items()}
        assert len(sent(model, ROOT)) <= 256


# --------------------------------------------------------------------------- what may change


def test_dropped_added_and_renamed_tensors() -> None:
    """What stays is inherited; what is new is listed."""
    model = dict(NEXT)
    del model["layers.1.weight"]
    model["layers.0.bias"] = np.arange(9, dtype=np.int64)
    model["zz"] = np.zeros((0, 3), np.float32)
    data = sent(model, ROOT)
    assert is_packed(data)
    structure = structure_of(data, ROOT)
    assert structure["added_count"] == 2
    assert structure["dropped"] == [1]


def test_a_tensor_of_another_shape_is_added_anew() -> None:
    """Its namesake is dropped: dims are inherited or listed."""
    model = {**ROOT, "layers.2.weight": ROOT["layers.2.weight"][:32]}
    assert structure_of(sent(model, ROOT), ROOT)["dropped"] == [2]


def test_some_tensors_change_their_dtype() -> None:
    """To another float, and to one that is not predicted at all."""
    model = {**ROOT, "layers.2.weight": ROOT["layers.2.weight"].astype(np.float16)}
    model["layers.5.weight"] = (ROOT["layers.5.weight"] * 1000).astype(np.int8)
    structure = structure_of(sent(model, ROOT), ROOT)
    assert structure["inherited_dtype"] == [0, 0, 16, 0, 0, 3, 0, 0]


def test_a_model_that_has_little_of_the_root_lists_its_tensors() -> None:
    """Dropped tensors cost more than names that are inherited save."""
    model = {"layers.0.weight": ROOT["layers.0.weight"]}
    many = {f"layers.{n}.weight": np.full(3, n, np.float32) for n in range(100)}
    assert structure_of(sent(model, {**many, **model}), {**many, **model})["flags"] == 1


def test_ties_that_hold_and_ties_that_break() -> None:
    """Tied tensors stay tied where they are coded; a copy needs no tie."""
    tied = torch.from_numpy(ROOT["layers.0.weight"].copy())
    root = {"a": tied, "b": tied, "c": torch.from_numpy(ROOT["layers.1.weight"])}
    equal = dombit.to_bytes(root, root=root)
    assert len(equal) <= 256
    moved = {**root, "a": tied + 1, "c": root["c"]}
    moved["b"] = moved["a"]
    data = dombit.to_bytes(moved, root=root)
    back = dombit.decode(data, roots=[root], framework="pt")
    assert all(torch.equal(back[name], moved[name]) for name in root)
    assert len(data) < 1.1 * len(dombit.to_bytes({"a": tied + 1, "c": root["c"]}, root=root))


def structure_of(data: bytes, root: Any) -> dict[str, Any]:
    """Return the fields and columns of a structure unit, by name."""
    found: dict[str, Any] = {}

    def tell(event: Any) -> None:
        told = isinstance(event, FieldRead) and "directory" not in event.path
        if told and ".structure." in event.path:
            found[event.path.rpartition(".")[2]] = event.value

    decode_stream(data, trace=tell, roots=[root])
    return found


edits = st.lists(
    st.tuples(
        st.sampled_from(["drop", "add", "cast", "nudge", "reshape", "copy"]), st.integers(0, 5)
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(edits=edits, packed=st.booleans())
def test_any_edit_of_a_model_comes_back(edits: list[tuple[str, int]], packed: bool) -> None:
    """Dropped, added, cast, nudged, reshaped, repeated: packed and not."""
    root = {f"t{n}": np.arange(n * 6, dtype=np.float32).reshape(n, 6) + n for n in range(6)}
    model = dict(root)
    for what, n in edits:
        name = f"t{n}"
        if what == "drop":
            model.pop(name, None)
        elif what == "add":
            model[f"new{n}"] = np.full((n, 2), n, np.int16)
        elif what == "copy":
            model[f"twin{n}"] = root[name]
        elif name in model and what == "cast":
            model[name] = model[name].astype(np.float16)
        elif name in model and what == "nudge":
            model[name] = model[name] + model[name].dtype.type(1)
        elif name in model:
            model[name] = model[name].reshape(-1)
    assert is_packed(sent(model, root, pack=packed)) == packed


# --------------------------------------------------------------------------------------- roots


def test_a_chain_of_inherited_structures() -> None:
    """v1 <- v2 <- v3, each the difference from the stream before."""
    first = dombit.to_bytes(ROOT)
    second = dombit.to_bytes(NEXT, root=first)
    third = few_changes(NEXT, "layers.0.weight", 5)
    stream = dombit.to_bytes(third, root=second, roots=[first])
    back = dombit.decode(stream, roots=[second, first])
    assert all(back[name].tobytes() == array.tobytes() for name, array in third.items())
    with pytest.raises(DombitError, match="R-PRE-502"):
        dombit.decode(stream, roots=[first])


def test_without_its_root_and_with_another_one() -> None:
    """Missing is not the stream's fault; another root is told before anything comes out."""
    data = dombit.to_bytes(NEXT, root=ROOT)
    for use in (dombit.decode, dombit.verify, dombit.open):
        with pytest.raises(RootMissing, match="--root"):
            use(data)
        with pytest.raises(DombitError, match="R-PRE-502") as caught:
            use(data, roots=[NEXT])
        assert caught.value.kind == "root-mismatch"


def test_what_an_inspector_sees_without_the_root() -> None:
    """All fields that the stream has, no fault; with the root the tensors' names too."""
    data = dombit.to_bytes(NEXT, root=ROOT)
    seen: list[Any] = []
    scan(data, seen.append)
    units = [event.name for event in seen if isinstance(event, UnitRead)]
    assert units == ["packed", "header", "structure", "group", "segment", "model_end"]
    assert not [event for event in seen if type(event).__name__ in {"FaultFound", "TensorRead"}]


def test_a_pruned_root_and_one_that_lacks_tensors() -> None:
    """A root is what it is: nine of ten weights 0, half of the tensors not there."""
    pruned = {
        name: np.where(RANDOM.random(array.shape) < 0.9, 0, array).astype(np.float32)
        for name, array in ROOT.items()
    }
    alone = len(dombit.to_bytes(ROOT))
    assert len(sent(ROOT, pruned)) <= 1.002 * alone + 512
    moved = few_changes(pruned, "layers.2.weight", 30)
    assert len(sent(moved, pruned)) <= 400
    part = {name: array for name, array in ROOT.items() if int(name.split(".")[1]) % 2}
    assert len(sent(ROOT, part)) <= 0.6 * alone


# ------------------------------------------------------------------------------------ packed


def test_packed_and_unpacked_streams_say_the_same() -> None:
    """Decoding, single tensors, metadata; a packed one has no index and needs none."""
    for packed in (True, False):
        data = dombit.to_bytes(NEXT, root=ROOT, pack=packed, metadata={"step": "2"})
        assert is_packed(data) == packed
        with dombit.open(data, roots=[ROOT]) as stream:
            assert stream.metadata() == {"step": "2"}
            for name, array in NEXT.items():
                assert stream.get_tensor(name).tobytes() == array.tobytes()
                assert stream.get_slice(name)[2:5].tobytes() == array[2:5].tobytes()


def test_any_small_model_may_be_packed() -> None:
    """Without a root too, and not deflated."""
    model = {"w": ROOT["layers.0.weight"], "n": np.arange(5)}
    for deflate in (True, False):
        data = dombit.to_bytes(model, pack=True, deflate=deflate)
        assert is_packed(data)
        found = dombit.decode(data)
        assert all(found[name].tobytes() == array.tobytes() for name, array in model.items())
        with dombit.open(data) as stream:
            assert stream.get_tensor("n").tolist() == [0, 1, 2, 3, 4]


def test_a_stream_above_64_kib_is_not_packed() -> None:
    """It is written unit by unit as it comes, with its index."""
    model = {"w": RANDOM.integers(0, 255, (300, 300)).astype(np.uint8)}
    data = dombit.to_bytes(model, pack=True)
    assert not is_packed(data)
    assert data == dombit.to_bytes(model, pack=False)


def test_every_prefix_of_a_packed_stream_is_truncated() -> None:
    """And a byte behind it is trailing data; every flipped bit is refused."""
    data = dombit.to_bytes(NEXT, root=ROOT)
    for stop in range(len(data)):
        with pytest.raises(DombitError) as caught:
            dombit.decode(data[:stop], roots=[ROOT])
        assert caught.value.kind == "truncated", stop
    with pytest.raises(DombitError, match="R-CON-045"):
        dombit.decode(data + b"\0", roots=[ROOT])
    for bit in range(0, 8 * len(data), 3):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DombitError):
            dombit.decode(bytes(damaged), roots=[ROOT])


# ----------------------------------------------------------------------------------- skeletons


def round_trip(folder: Path, before: str, after: str, **how: Any) -> int:
    """Send a file as the difference from another, and compare what comes back; return the bytes."""
    stream, back = folder / "d.dombit", folder / ("back" + Path(after).suffix)
    report = dombit.encode(folder / after, stream, root=folder / before, force=True, **how)
    dombit.decode(stream, back, roots=[folder / before], force=True)
    assert back.read_bytes() == (folder / after).read_bytes()
    dombit.verify(stream, roots=[folder / before])
    return report.bytes


def test_safetensors_of_one_layout(tmp_path: Path) -> None:
    """The header of the file is the root's."""
    save_file(ROOT, tmp_path / "v1.safetensors", {"format": "pt"})
    save_file(NEXT, tmp_path / "v2.safetensors", {"format": "pt"})
    metadata = 40
    assert round_trip(tmp_path, "v1.safetensors", "v2.safetensors") <= 256 + metadata
    assert round_trip(tmp_path, "v1.safetensors", "v1.safetensors") <= 256


def test_a_literal_that_grows_is_patched(tmp_path: Path) -> None:
    """Other metadata in the header of a file."""
    save_file(ROOT, tmp_path / "v1.safetensors", {"step": "9"})
    save_file(NEXT, tmp_path / "v2.safetensors", {"step": "1000000000"})
    assert round_trip(tmp_path, "v1.safetensors", "v2.safetensors") <= 400
    assert round_trip(tmp_path, "v2.safetensors", "v1.safetensors") <= 400


@pytest.mark.parametrize("after", ["ck2.pt", "other.pt", "checkpoint_10.pt"])
def test_checkpoints_of_torch(tmp_path: Path, after: str) -> None:
    """The same name and other ones: the archive's folder has the name of the file."""
    for name, model, step in (("ck1.pt", ROOT, 1), (after, NEXT, 70000)):
        tensors = {key: torch.from_numpy(array.copy()) for key, array in model.items()}
        torch.save({"model": tensors, "step": step}, tmp_path / name)
    size = round_trip(tmp_path, "ck1.pt", after)
    assert size <= (440 if len(after) == len("ck1.pt") else 1000)


def test_an_onnx_model_of_the_same_graph(tmp_path: Path) -> None:
    """Its nodes are the root's."""
    for name, model in (("v1.onnx", ROOT), ("v2.onnx", NEXT)):
        weight = onnx.numpy_helper.from_array(model["layers.3.weight"], "w")
        node = onnx.helper.make_node("MatMul", ["x", "w"], ["y"], "multiply")
        value = onnx.helper.make_tensor_value_info
        ends = [[value(n, onnx.TensorProto.FLOAT, [None, 64])] for n in "xy"]
        graph = onnx.helper.make_graph([node], "g", *ends, [weight])
        onnx.save(onnx.helper.make_model(graph), tmp_path / name)
    assert round_trip(tmp_path, "v1.onnx", "v2.onnx") <= 256


def test_a_chain_of_files(tmp_path: Path) -> None:
    """The skeleton of a difference is inherited in its turn, patched or not."""
    third = few_changes(NEXT, "layers.0.weight", 3)
    models = {"v1": ROOT, "v2": NEXT, "v3": third}
    for number, (name, model) in enumerate(models.items()):
        save_file(model, tmp_path / f"{name}.safetensors", {"step": str(number)})
    dombit.encode(tmp_path / "v1.safetensors", tmp_path / "v1.dombit")
    dombit.encode(tmp_path / "v2.safetensors", tmp_path / "v2.dombit", root=tmp_path / "v1.dombit")
    streams = [tmp_path / "v1.dombit", tmp_path / "v2.dombit"]
    report = dombit.encode(
        tmp_path / "v3.safetensors", tmp_path / "v3.dombit", root=streams[1], roots=streams[:1]
    )
    assert report.bytes <= 300
    dombit.decode(tmp_path / "v3.dombit", tmp_path / "back.safetensors", roots=streams)
    assert (tmp_path / "back.safetensors").read_bytes() == (
        tmp_path / "v3.safetensors"
    ).read_bytes()


def test_a_root_in_another_container_gives_tensors_only(tmp_path: Path) -> None:
    """It is the right model, but not the file: its own file is refused, tensors are offered."""
    onnx_like = {"w": ROOT["layers.0.weight"]}
    save_file(onnx_like, tmp_path / "v1.safetensors", {"a": "b"})
    save_file(onnx_like, tmp_path / "v2.safetensors", {"a": "b"})
    stream = tmp_path / "v2.dombit"
    dombit.encode(tmp_path / "v2.safetensors", stream, root=tmp_path / "v1.safetensors")
    report = dombit.decode(stream, tmp_path / "t.safetensors", roots=[onnx_like])
    assert "tensors only" in " ".join(report.notes)
    with pytest.raises(DombitError, match="R-PRE-505") as caught:
        dombit.decode(stream, tmp_path / "t.onnx", roots=[onnx_like])
    assert caught.value.kind == "root-mismatch"
    with pytest.raises(DombitError, match="R-PRE-505"):
        dombit.verify(stream, roots=[onnx_like])
    assert not (tmp_path / "t.onnx").exists()
    found = dombit.decode(stream, roots=[onnx_like])
    assert found["w"].tobytes() == onnx_like["w"].tobytes()
