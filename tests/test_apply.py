"""Apply: streams written over what a caller holds, all or nothing."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import dombit
from dombit import identity
from dombit.choose.groups import root_fields
from dombit.errors import DombitError, UsageError

RANDOM = np.random.default_rng(11)
Arrays = dict[str, np.ndarray]


def layer(*shape: int) -> np.ndarray:
    """Return bell-shaped weights."""
    return RANDOM.normal(0, 0.02, shape).astype(np.float32)


def nudged(array: np.ndarray, share: float = 0.02) -> np.ndarray:
    """Return an array of which a share moved by one unit in the last place."""
    bits = array.view(f"u{array.dtype.itemsize}").copy()
    moved = RANDOM.random(array.shape) < share
    moved.reshape(-1)[0] = True
    bits[moved] += 1
    return bits.view(array.dtype)


V1: Arrays = {
    "a": layer(60, 50), "b": layer(64), "half": layer(40, 30).astype(ml_dtypes.bfloat16),
    "i": RANDOM.integers(-99, 99, (40, 50)).astype(np.int8), "long": RANDOM.integers(-9, 9, (7, 9)),
    "c": layer(8, 6).view(np.complex64), "z": layer(5, 5).astype(np.complex128),
    "one": np.array(2.5), "none": np.zeros((0, 3), np.float32), "mask": np.zeros(9, np.bool_),
}  # fmt: skip
V2: Arrays = {**V1, "a": nudged(V1["a"]), "half": nudged(V1["half"]), "one": np.array(3.5)}
V3: Arrays = {
    **V2, "a": nudged(V2["a"]), "i": V1["i"] + 1, "long": V1["long"] - 1, "mask": ~V1["mask"],
    "c": V1["c"] * 2, "z": V1["z"] + 1,
}  # fmt: skip
V4: Arrays = {**V3, "b": V3["b"] * 2, "one": np.array(np.nan)}
STEPS = [dombit.to_bytes(new, root=old) for old, new in ((V1, V2), (V2, V3), (V3, V4))]


def torch_of(array: np.ndarray) -> Any:
    """Return a torch tensor of the same bits."""
    torch = pytest.importorskip("torch")
    if array.dtype == ml_dtypes.bfloat16:
        return torch.from_numpy(array.view(np.int16).copy()).view(torch.bfloat16)
    return torch.from_numpy(array.copy())


def bits_of(value: Any) -> bytes:
    """Return the bytes of an array or torch tensor."""
    if isinstance(value, np.ndarray):
        return value.tobytes()
    torch = pytest.importorskip("torch")
    return value.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def copied(model: Arrays, kind: str = "np") -> dict[str, Any]:
    """Return a state dict of its own."""
    return {name: array.copy() if kind == "np" else torch_of(array)
            for name, array in model.items()}  # fmt: skip


def snapshot(held: dict[str, Any]) -> dict[str, bytes]:
    """Return the bytes of all entries."""
    return {name: bits_of(value) for name, value in held.items()}


def refused(held: Any, stream: bytes, match: str, **settings: Any) -> None:
    """Check that apply raises UsageError and leaves keys, objects and bits as they are."""
    objects, before = dict(held), snapshot(held)
    with pytest.raises(UsageError, match=match):
        dombit.apply(stream, held, **settings)
    assert list(held) == list(objects) and all(held[name] is objects[name] for name in held)
    assert snapshot(held) == before


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("kind", ["np", "pt"])
def test_three_steps_with_the_handle(kind: str, verify: bool) -> None:
    """Each step gives the model that decoding gives, in the same arrays, and so do digests."""
    held = copied(V1, kind)
    objects = dict(held)
    handle: Any = held
    for stream, old, new in zip(STEPS, (V1, V2, V3), (V2, V3, V4), strict=True):
        handle = dombit.apply(stream, handle, verify=verify)
        assert handle.state_dict is held
        whole = dombit.decode(stream, roots=[old])
        assert snapshot(held) == {name: array.tobytes() for name, array in whole.items()}
        assert snapshot(held) == {name: array.tobytes() for name, array in new.items()}
        assert all(held[name] is objects[name] for name in objects)
        assert handle.model_digest.hex() == dombit.verify(stream, roots=[old]).model_digest
    everything = {
        name: identity.tensor_digest(np.frombuffer(bits_of(value), np.uint8))
        for name, value in held.items()
    }
    assert handle.digests == (everything if verify else {})


def test_a_step_hashes_and_reads_what_changes_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a handle the digests of untouched tensors are those known; strided ones are not read."""
    held = copied(V1)
    held["b"] = np.repeat(held["b"], 2)[::2]
    handle = dombit.apply(STEPS[0], held)
    hashed: list[int] = []
    true = identity.tensor_digest

    def counted(data: np.ndarray) -> bytes:
        hashed.append(data.size)
        return true(data)

    read: list[Any] = []
    true_bytes = dombit.live.canonical_bytes

    def counted_bytes(value: np.ndarray, dtype: Any) -> np.ndarray:
        read.append(value)
        return true_bytes(value, dtype)

    monkeypatch.setattr(identity, "tensor_digest", counted)
    monkeypatch.setattr("dombit.live.canonical_bytes", counted_bytes)
    dombit.apply(STEPS[1], handle)
    names = [name for name in V2 if V2[name].tobytes() != V3[name].tobytes()]
    assert sorted(hashed) == sorted(V3[name].nbytes for name in names)
    assert not any(value is held["b"] for value in read)
    assert snapshot(held) == {name: array.tobytes() for name, array in V3.items()}


@pytest.mark.parametrize("verify", [True, False])
def test_a_step_that_does_not_follow_is_refused(verify: bool) -> None:
    """A step twice, or one too early: root-mismatch, and nothing changes."""
    held = copied(V1)
    handle = dombit.apply(STEPS[0], held, verify=verify)
    for stream in (STEPS[0], STEPS[2]):
        before = snapshot(held)
        with pytest.raises(DombitError, match="another version") as caught:
            dombit.apply(stream, handle, verify=verify)
        assert caught.value.rule == "R-PRE-502"
        assert snapshot(held) == before
    dombit.apply(STEPS[1], handle, verify=verify)
    assert snapshot(held) == {name: array.tobytes() for name, array in V3.items()}


def test_what_was_not_verified_is_verified_later() -> None:
    """A step without verifying takes any model; the next one with it finds that out."""
    wrong = {**copied(V1), "b": V1["b"] + 1}
    handle = dombit.apply(STEPS[0], wrong, verify=False)
    with pytest.raises(DombitError, match="R-PRE-502"):
        dombit.apply(STEPS[1], handle)
    right = dombit.apply(STEPS[0], copied(V1), verify=False)
    dombit.apply(STEPS[1], right)
    assert snapshot(dict(right.state_dict)) == {n: array.tobytes() for n, array in V3.items()}


def test_a_digest_that_was_only_said_is_computed() -> None:
    """A stream that names a wrong digest for its model is believed without verifying only."""
    held = copied(V1)
    handle = dombit.apply(dombit.to_bytes(V1), held)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dombit.encoder.digest_chapter, "model_digest", lambda *_: bytes(32))
        lying = dombit.to_bytes(V1, root=handle, deflate=False)
    with pytest.raises(DombitError, match="R-IDN-002"):
        dombit.apply(lying, handle)
    assert dombit.apply(lying, handle, verify=False).model_digest == bytes(32)
    dombit.apply(STEPS[0], handle)
    assert snapshot(held) == {name: array.tobytes() for name, array in V2.items()}


def test_a_wrong_root_is_refused() -> None:
    """A bare state dict that is not the root: root-mismatch, nothing changes."""
    held = copied(V3)
    before = snapshot(held)
    with pytest.raises(DombitError, match="R-PRE-502"):
        dombit.apply(STEPS[0], held)
    assert snapshot(held) == before


def test_an_edit_in_a_tensor_that_changes_is_found() -> None:
    """The digest of the result is wrong where a tensor was edited between two steps."""
    held = copied(V1)
    handle = dombit.apply(STEPS[0], held)
    held["a"][3, 3] += 1
    before = snapshot(held)
    with pytest.raises(DombitError, match="R-IDN-00"):
        dombit.apply(STEPS[1], handle)
    assert snapshot(held) == before


def test_an_entry_that_was_replaced_is_found() -> None:
    """Another array under a name, or another number of names, is a usage error."""
    held = copied(V1)
    handle = dombit.apply(STEPS[0], held)
    held["new"] = np.zeros(3)
    with pytest.raises(UsageError, match="entries were added"):
        dombit.apply(STEPS[1], handle)
    del held["new"]
    held["b"] = held["b"].copy()
    with pytest.raises(UsageError, match="'b' was replaced"):
        dombit.apply(STEPS[1], handle)
    dombit.apply(STEPS[1], held)


def read_only(array: np.ndarray) -> np.ndarray:
    """Return a copy that cannot be written to."""
    array = array.copy()
    array.flags.writeable = False
    return array


@pytest.mark.parametrize("verify", [True, False])
def test_nothing_changes_where_the_last_tensor_cannot(verify: bool) -> None:
    """Read-only or expanded: the tensors before it stay as they were."""
    root = {"a": layer(30, 20), "b": layer(9), "last": np.full((4, 5), 0.5, np.float32)}
    new = {name: array * np.float32(1.5) for name, array in root.items()}
    stream = dombit.to_bytes(new, root=root)
    for last, match in (
        (read_only(root["last"]), "read-only"),
        (np.lib.stride_tricks.as_strided(root["last"][0].copy(), (4, 5), (0, 4)), "expanded"),
        (np.lib.stride_tricks.as_strided(np.full(8, 0.5, np.float32), (4, 5), (4, 4)), "overlap"),
    ):
        refused({**copied(root), "last": last}, stream, match, verify=verify)
    torch = pytest.importorskip("torch")
    expanded = torch.full((1, 5), 0.5).expand(4, 5)
    with torch.inference_mode():
        inference = torch.full((4, 5), 0.5)
    for last, match in ((expanded, "expanded"), (inference, "inference tensor")):
        refused({**copied(root, "pt"), "last": last}, stream, match, verify=verify)
    held = {**copied(root, "pt"), "last": inference}
    with torch.inference_mode():
        dombit.apply(stream, held, verify=verify)
    assert snapshot(held) == {name: array.tobytes() for name, array in new.items()}


def test_what_is_untouched_may_be_read_only() -> None:
    """Only what is written has to be writable."""
    held = {**copied(V1), "b": read_only(V1["b"])}
    dombit.apply(STEPS[0], held)
    assert snapshot(held) == {name: array.tobytes() for name, array in V2.items()}


def renaming(new: Arrays, root: Arrays, origins: dict[str, str]) -> bytes:
    """Return a stream whose tensors are predicted by those of other names: by number."""
    places = {name: place for place, name in enumerate(sorted(root))}

    def numbers(tensors: Any, _: Any) -> np.ndarray:
        return np.array([places[origins.get(tensor.name, tensor.name)] for tensor in tensors])

    def fields(tensors: Any, predictor: Any) -> dict[str, Any]:
        return {**root_fields(tensors, predictor), "root_tensor": numbers(tensors, None) + 2}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dombit.encoder.numbers_by_name", numbers)
        patch.setattr("dombit.choose.groups.root_fields", fields)
        return dombit.to_bytes(new, root=root)


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("kind", ["np", "pt"])
def test_a_swap(kind: str, verify: bool) -> None:
    """Tensors that change places are copies of, or differences from, what is overwritten."""
    root = {name: layer(30, 20) for name in "abcd"} | {"e": layer(30)}
    new = {"a": root["b"], "b": root["a"], "c": nudged(root["d"]), "d": root["c"], "e": root["e"]}
    stream = renaming(new, root, {"a": "b", "b": "a", "c": "d", "d": "c"})
    assert len(stream) < 1000
    held = copied(root, kind)
    objects = dict(held)
    handle = dombit.apply(stream, held, verify=verify)
    assert snapshot(held) == {name: array.tobytes() for name, array in new.items()}
    assert all(held[name] is objects[name] for name in held)
    moved = {"a": new["a"], "x": new["b"], "y": nudged(new["c"]), "d": new["a"], "e": new["e"]}
    dombit.apply(renaming(moved, new, {"x": "b", "y": "c", "d": "a"}), handle, verify=verify)
    assert snapshot(held) == {name: array.tobytes() for name, array in moved.items()}


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("kind", ["np", "pt"])
def test_added_dropped_and_renamed(kind: str, verify: bool) -> None:
    """The mapping has the model's names; new arrays share no memory with those that are there."""
    root = {"keep": layer(30, 20), "old": layer(40, 20), "gone": layer(7)}
    new = {"keep": nudged(root["keep"]), "renamed": root["old"], "twin": root["keep"],
           "fresh": layer(5).astype(ml_dtypes.bfloat16)}  # fmt: skip
    held = copied(root, kind)
    kept = held["keep"]
    handle = dombit.apply(dombit.to_bytes(new, root=root), held, verify=verify)
    assert snapshot(held) == {name: array.tobytes() for name, array in new.items()}
    assert held["keep"] is kept
    assert {type(value) for value in held.values()} == {type(kept)}
    newer = {name: nudged(array) for name, array in new.items()}
    dombit.apply(dombit.to_bytes(newer, root=new), handle, verify=verify)
    assert snapshot(held) == {name: array.tobytes() for name, array in newer.items()}


def test_a_mapping_that_cannot_be_edited() -> None:
    """New names need a dict: refused before the first write; without new names it will do."""
    root = {"a": layer(30, 20)}
    more = {"a": nudged(root["a"]), "b": layer(3)}
    refused(MappingProxyType(copied(root)), dombit.to_bytes(more, root=root), "cannot be edited")
    held = MappingProxyType(copied(V1))
    dombit.apply(STEPS[0], held)
    assert snapshot(dict(held)) == {name: array.tobytes() for name, array in V2.items()}


def test_another_shape_or_dtype_is_refused() -> None:
    """A tensor that would have to become another array is named."""
    root = {"a": layer(30, 20), "b": layer(64)}
    for other in (layer(65), root["b"].astype(ml_dtypes.bfloat16)):
        stream = dombit.to_bytes({"a": nudged(root["a"]), "b": other}, root=root)
        for verify in (True, False):
            refused(copied(root), stream, "'b' is held with the", verify=verify)
    whole = dombit.to_bytes({"a": nudged(root["a"]), "b": root["b"].reshape(8, 8)})
    refused(copied(root), whole, r"'b' is held with the shape \(64,\)")


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("kind", ["np", "pt"])
def test_tied_weights(kind: str, verify: bool) -> None:
    """Entries that are one array change together; a step that makes them differ is refused."""
    base = layer(30, 20)
    root = {"a": base, "tied": base, "b": layer(9)}
    held = copied({"a": base, "b": root["b"]}, kind)
    held["tied"] = held["a"]
    moved = nudged(base)
    new = {"a": moved, "tied": moved.copy(), "b": root["b"]}
    apart = {"a": moved, "tied": nudged(base), "b": root["b"]}
    half = {"a": base, "tied": nudged(base), "b": root["b"]}
    for model in (apart, half):
        refused(held, dombit.to_bytes(model, root=root), "are one array", verify=verify)
    # Untied where it is received, tied in the stream.
    loose = copied(root, kind)
    for target in (held, loose):
        dombit.apply(dombit.to_bytes(new, root=root), target, verify=verify)
        assert snapshot(target) == {name: new[name].tobytes() for name in target}
    assert held["tied"] is held["a"] and loose["tied"] is not loose["a"]


def test_views_of_one_memory() -> None:
    """A tensor that is another view of a written one is refused; views side by side are not."""
    base = layer(20, 20)
    crossed = {"w": base, "t": base.T}
    new = {"w": nudged(base), "t": base.T}
    refused(crossed, dombit.to_bytes(new, root=crossed), "another view")
    fused = layer(20, 20)
    held = {"left": fused[:, :9], "right": fused[:, 9:], "low": layer(4)}
    moved = {name: nudged(np.ascontiguousarray(array)) for name, array in held.items()}
    dombit.apply(dombit.to_bytes(moved, root=held), held)
    assert snapshot(held) == {name: array.tobytes() for name, array in moved.items()}
    assert np.shares_memory(held["left"], fused)


def test_strides_and_byte_orders() -> None:
    """Transposed, stepped, reversed and big-endian arrays, and those of less than a byte."""
    wide = layer(20, 60)
    root = {"t": wide.T, "step": wide[::2, ::3], "back": wide[::-1, 1::7]}
    held: dict[str, Any] = {name: np.array(array) for name, array in root.items()}
    held = {"t": held["t"].T.copy().T, "step": np.repeat(held["step"], 3, 1)[:, ::3],
            "back": held["back"][::-1].copy()[::-1]}  # fmt: skip
    held |= {"swapped": layer(9, 9).astype(">f4"), "z": layer(3, 4).astype(">c16"),
             "small": RANDOM.integers(-3, 3, (7, 3)).astype(ml_dtypes.int4)}  # fmt: skip
    before = {name: np.array(array) for name, array in held.items()}
    new = {name: (array + 1).astype(array.dtype) for name, array in before.items()}
    dombit.apply(dombit.to_bytes(new, root=before), held)
    for name, array in new.items():
        assert held[name].dtype == array.dtype and np.array_equal(held[name], array), name
    torch = pytest.importorskip("torch")
    tensor = torch.from_numpy(wide.copy()).to(torch.bfloat16).t()
    state = {"w": tensor, "b": torch.zeros(3, dtype=torch.bool)}
    target = {"w": (tensor * 1.5).contiguous(), "b": ~state["b"]}
    dombit.apply(dombit.to_bytes(target, root=state), state)
    assert torch.equal(state["w"], target["w"]) and state["w"] is tensor and bool(state["b"].all())
    assert not tensor.is_contiguous()


def test_modules() -> None:
    """The parameters of a module change through its state dict, whether they have gradients."""
    torch = pytest.importorskip("torch")
    module = torch.nn.Sequential(torch.nn.Linear(30, 20), torch.nn.Linear(20, 20))
    module[1].bias = module[0].bias
    root = {name: value.clone() for name, value in module.state_dict().items()}
    new = {name: value * 1.5 for name, value in root.items()}
    stream = dombit.to_bytes(new, root=root)
    with pytest.raises(UsageError, match="state_dict"):
        dombit.apply(stream, module)
    parameters = dict(module.named_parameters(remove_duplicate=False))
    handle = dombit.apply(stream, parameters)
    dombit.apply(dombit.to_bytes(root, root=new), handle)
    dombit.apply(stream, module.state_dict())
    assert all(torch.equal(value, new[name]) for name, value in module.state_dict().items())
    assert all(value.requires_grad and value.is_leaf for value in module.parameters())
    module(torch.ones(1, 30)).sum().backward()


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("kind", ["np", "pt"])
def test_whole_models(kind: str, verify: bool) -> None:
    """A stream that is no difference overwrites everything, whatever was held."""
    held = copied({n: np.zeros_like(array) for n, array in V1.items()} | {"gone": np.ones(3)}, kind)
    handle = dombit.apply(dombit.to_bytes(V1), held, verify=verify)
    assert snapshot(held) == {name: array.tobytes() for name, array in V1.items()}
    assert handle.chain_depth == 0
    dombit.apply(STEPS[0], handle)
    assert snapshot(held) == {name: array.tobytes() for name, array in V2.items()}


def test_the_handle_is_a_root() -> None:
    """A sender keeps its copy and its handle: chain depths count on, and end at 64."""
    model = {"a": layer(30, 20)}
    handle: Any = dombit.apply(dombit.to_bytes(model), copied(model))
    receiver: Any = copied(model)
    for depth in range(1, 67):
        model = {"a": nudged(model["a"], 0.001)}
        stream = dombit.to_bytes(model, root=handle)
        same = dombit.decode(stream, roots=[handle])
        assert same["a"].tobytes() == model["a"].tobytes()
        handle = dombit.apply(stream, handle)
        receiver = dombit.apply(stream, receiver)
        assert receiver.chain_depth == handle.chain_depth == min(depth, 64)
    assert receiver.state_dict["a"].tobytes() == model["a"].tobytes()


@pytest.mark.parametrize("verify", [True, False])
def test_damaged_streams_change_nothing(verify: bool) -> None:
    """Wherever a byte is wrong or the stream ends, what is held stays as it was."""
    stream = STEPS[1]
    held = copied(V2)
    before = snapshot(held)
    for at in range(0, len(stream), 131):
        for damaged in (stream[:at], stream[:at] + bytes([stream[at] ^ 8]) + stream[at + 1 :]):
            with pytest.raises(DombitError):
                dombit.apply(damaged, held, verify=verify)
            assert snapshot(held) == before
    limits = dombit.Limits(output_bytes=1000)
    with pytest.raises(DombitError, match="limit-exceeded"):
        dombit.apply(stream, held, verify=verify, limits=limits)
    assert snapshot(held) == before


def test_a_write_that_breaks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torn: the handle takes no difference any more, but a whole model makes it good."""
    held = copied(V1)
    handle = dombit.apply(STEPS[0], held)
    true = dombit.applying.write

    def broken(value: Any, tensor: Any, data: Any) -> None:
        if tensor.name == "long":
            raise KeyboardInterrupt
        true(value, tensor, data)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("dombit.applying.write", broken)
        dombit.apply(STEPS[1], handle)
    for verify in (True, False):
        with pytest.raises(UsageError, match="interrupted"):
            dombit.apply(STEPS[1], handle, verify=verify)
    with pytest.raises(UsageError, match="interrupted"):
        dombit.to_bytes(V3, root=handle)
    dombit.apply(dombit.to_bytes(V3), handle)
    assert snapshot(held) == {name: array.tobytes() for name, array in V3.items()}
    dombit.apply(STEPS[2], handle)
    assert snapshot(held) == {name: array.tobytes() for name, array in V4.items()}


@pytest.mark.parametrize(
    ("held", "match"),
    [
        ([1, 2], "cannot write into a list"),
        ({"a": {"b": np.zeros(3)}}, "'a' is no array but a container"),
        ({"a": "text"}, "'a' is no array but str"),
        ({"a": np.float32(3)}, "no array that can be written to but float32"),
    ],
)
def test_what_is_no_state_dict(held: Any, match: str) -> None:
    """Nested dicts, texts and NumPy's scalars are refused by name."""
    with pytest.raises(UsageError, match=match):
        dombit.apply(dombit.to_bytes({"a": np.float32(4)}), held)
