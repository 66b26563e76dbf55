"""PyTorch checkpoints: tensors, aliases and holes, and the same bytes again."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import numpy as np
import pytest

from dombit.models import carrier
from dombit.models import torch as checkpoints
from dombit.records import CRC, HOLE, Alias, ModelFile, Tensor

torch = pytest.importorskip("torch", reason="needs torch")

NAME = "model.pt"


def saved(value: object, *, legacy: bool = False) -> bytes:
    """Return the bytes that torch.save writes."""
    out = io.BytesIO()
    torch.save(value, out, _use_new_zipfile_serialization=not legacy)
    return out.getvalue()


def read_back(value: object, *, legacy: bool = False) -> ModelFile:
    """Read a saved value, and check that re-assembly gives the same bytes."""
    data = saved(value, legacy=legacy)
    model = checkpoints.read({NAME: data}, NAME)
    assert not model.notes
    assert joined(model) == data
    return model


def joined(model: ModelFile) -> bytes:
    """Return the re-assembled file."""
    assert model.skeleton is not None
    parts = carrier.fill(model.skeleton, 0, carrier.bytes_of(model.tensors), model.tensors)
    return b"".join(bytes(part) for part in parts)


def by_name(model: ModelFile) -> dict[str, Tensor]:
    """Return the tensors by name."""
    return {tensor.name: tensor for tensor in model.tensors}


def raw(value: Any) -> bytes:
    """Return a torch tensor's canonical bytes."""
    plain = value.int_repr() if value.is_quantized else value
    flat = plain.detach().contiguous().reshape(-1)
    return bytes(flat.view(torch.uint8).numpy().tobytes())


def holds(model: ModelFile, expected: dict[str, Any]) -> None:
    """Check names, shapes and canonical bytes of all tensors that are not hidden."""
    give = carrier.bytes_of(model.tensors)
    shown = [t.name for t in model.tensors if not t.hidden]
    assert shown == list(expected)
    for number, tensor in enumerate(model.tensors[: len(shown)]):
        value = expected[tensor.name]
        assert tensor.shape == tuple(value.shape)
        assert bytes(give(number)) == raw(value)


BOTH = pytest.mark.parametrize("legacy", [False, True], ids=["zip", "sequential"])


@BOTH
def test_state_dict(legacy: bool) -> None:
    """A module's parameters and buffers come back under the keys of its state dict."""
    module = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.BatchNorm1d(7))
    state = module.state_dict()
    model = read_back(state, legacy=legacy)
    holds(model, dict(state))
    assert model.carrier == 3
    assert by_name(model)["1.num_batches_tracked"].shape == ()
    assert not model.optimiser


DTYPES = {
    "bool": "bool", "uint8": "u8", "int8": "i8", "int16": "i16", "int32": "i32", "int64": "i64",
    "uint16": "u16", "uint32": "u32", "uint64": "u64", "float16": "f16", "bfloat16": "bf16",
    "float32": "f32", "float64": "f64", "complex64": "c64", "complex128": "c128",
    "complex32": "c32", "float8_e4m3fn": "f8_e4m3fn", "float8_e5m2": "f8_e5m2",
    "float8_e4m3fnuz": "f8_e4m3fnuz", "float8_e5m2fnuz": "f8_e5m2fnuz",
}  # fmt: skip


UNTYPED = re.compile("uint(16|32|64)|complex32|float8")


@BOTH
@pytest.mark.parametrize("name", DTYPES)
def test_dtypes(name: str, legacy: bool) -> None:
    """Every dtype of torch that the format has keeps its name and its bytes."""
    if legacy and UNTYPED.match(name):
        pytest.skip("torch.load itself does not read this dtype in the sequential format")
    value = torch.arange(24).reshape(2, 3, 4).to(torch.float32).to(getattr(torch, name))
    model = read_back({"w": value}, legacy=legacy)
    holds(model, {"w": value})
    assert model.tensors[0].dtype.name == DTYPES[name]


@pytest.mark.filterwarnings("ignore")
@BOTH
def test_quantised(legacy: bool) -> None:
    """Quantised tensors are bytes or 32-bit integers; their scales stay in the file."""
    value = torch._make_per_tensor_quantized_tensor(torch.ones(300, dtype=torch.uint8), 0.1, 3)
    wide = torch._make_per_channel_quantized_tensor(
        torch.ones((4, 5), dtype=torch.int32), torch.ones(4), torch.zeros(4).long(), 0
    )
    model = read_back({"q": value, "wide": wide}, legacy=legacy)
    holds(model, {"q": value, "wide": wide})
    assert [t.dtype.name for t in model.tensors] == ["opaque8", "i32"]


@BOTH
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_optimiser_state(kind: str, legacy: bool) -> None:
    """A checkpoint's optimiser state is named by its path, and told apart from the model."""
    module = torch.nn.Linear(6, 4)
    optimiser = getattr(torch.optim, kind)(
        module.parameters(), lr=0.1, **({"momentum": 0.9} if kind == "SGD" else {})
    )
    module(torch.ones(2, 6)).sum().backward()
    optimiser.step()
    whole = {"model": module.state_dict(), "optimizer_state": optimiser.state_dict(), "step": 7}
    model = read_back(whole, legacy=legacy)
    names = [t.name for t in model.tensors]
    state = "momentum_buffer" if kind == "SGD" else "exp_avg"
    assert names[:2] == ["model.weight", "model.bias"]
    assert f"optimizer_state.state.0.{state}" in names
    assert model.optimiser == frozenset(range(2, len(names)))
    alone = read_back(optimiser.state_dict(), legacy=legacy)
    assert len(alone.optimiser) == len(alone.tensors) == len(names) - 2


def test_optimiser_that_holds_the_weights() -> None:
    """Weights that the optimiser's part of a checkpoint names first are no optimiser state."""
    w, m = torch.randn(4), torch.randn(4)
    model = read_back({"optimizer": {"params": [w], "m": m}, "model": {"w": w}})
    assert model.optimiser == frozenset({1})
    assert model.tensors[2].alias == Alias(target=0)


@BOTH
def test_tied(legacy: bool) -> None:
    """The first name of a shared tensor holds it, the others are aliases."""
    w = torch.nn.Parameter(torch.randn(3, 4))
    model = read_back({"a": w, "b": w, "flat": w.data.view(12), "row": w.data[1]}, legacy=legacy)
    tensors = by_name(model)
    assert tensors["a"].alias is None
    assert tensors["b"].alias == Alias(target=0)
    assert tensors["flat"].alias == Alias(target=0)
    assert tensors["row"].alias == Alias(target=0, offset=4)


@BOTH
def test_transposed(legacy: bool) -> None:
    """A tensor stored in another axis order has canonical bytes and a permuted hole."""
    w = torch.randn(3, 4, 5).permute(2, 0, 1)
    model = read_back({"w": w, "again": w}, legacy=legacy)
    holds(model, {"w": w, "again": w})
    assert model.skeleton is not None
    assert model.skeleton.permutations == ((1, 2, 0),)
    assert not any(t.hidden for t in model.tensors)


def test_transposed_beside_the_original() -> None:
    """Of a matrix and its transpose the one in storage order is the tensor."""
    w = torch.randn(3, 4)
    model = read_back({"t": w.t(), "w": w})
    assert by_name(model)["w"].alias is None
    assert by_name(model)["t"].alias == Alias(target=1, strides=(1, 4))


@BOTH
def test_flat_storage(legacy: bool) -> None:
    """Disjoint views of one storage (the weights of an LSTM) are tensors of their own."""
    flat = torch.randn(100)
    parts = {"a": flat[:40].view(8, 5), "b": flat[40:90].view(10, 5), "c": flat[90:]}
    model = read_back(parts, legacy=legacy)
    holds(model, parts)
    assert all(t.alias is None and not t.hidden for t in model.tensors)


def test_partial_view() -> None:
    """The rest of a storage stays literal where it is short, and is hidden where it is long."""
    long, short = torch.randn(4000), torch.randn(40)
    parts = {"a": long[500:510], "b": short[3:9]}
    model = read_back(parts)
    holds(model, parts)
    hidden = [t for t in model.tensors if t.hidden]
    assert [t.shape for t in hidden] == [(500,), (3490,)]
    assert all(t.name.startswith("storage/0/") for t in hidden)


X = torch.arange(48.0).reshape(6, 8)
VIEWS = {
    "expanded": {"e": torch.arange(4.0)[:, None].expand(4, 9)},
    "scalar expanded": {"e": torch.tensor(2.5).expand(3, 2)},
    "every other": {"s": X.view(-1)[::2]},
    "overlapping": {"a": X.view(-1)[:30], "b": X.view(-1)[20:]},
    "windows": {"u": X.view(-1).unfold(0, 5, 2)},
    "columns": {"c": X[:, 2:5]},
    "columns of a tensor": {"x": X, "c": X[:, 2:5]},
}


@BOTH
@pytest.mark.parametrize("kind", VIEWS)
def test_views(kind: str, legacy: bool) -> None:
    """Views that do not fill their storage are aliases with strides, of a tensor or storage."""
    parts = VIEWS[kind]
    model = read_back(parts, legacy=legacy)
    holds(model, parts)
    hidden = [t.name for t in model.tensors if t.hidden]
    assert len(hidden) == (0 if "x" in parts else 1)
    assert all(name.startswith("storage/") for name in hidden)
    assert any(t.alias is not None for t in model.tensors)


@BOTH
def test_empty_and_scalar(legacy: bool) -> None:
    """Empty tensors and scalars keep their shapes."""
    parts = {"none": torch.empty(0, 3), "one": torch.tensor(1.5), "unit": torch.ones(1, 1)}
    holds(read_back(parts, legacy=legacy), parts)


def test_names() -> None:
    """Names are paths; what collides or is empty is told apart."""
    t = [torch.randn(2) for _ in range(5)]
    tree = {"a.b": t[0], "a": {"b": t[1], 3: [t[2], (t[3],)]}, "": t[4]}
    model = read_back(tree)
    assert [x.name for x in model.tensors] == ["a.b", "a.b#2", "a.3.0", "a.3.1.0", "unnamed"]
    assert read_back(t[0]).tensors[0].name == "unnamed"


def test_no_tensors() -> None:
    """A checkpoint without tensors is a model without tensors."""
    assert read_back({"step": 3, "rates": [0.1, 0.2], "name": "x"}).tensors == ()


def test_lossy_refill_is_a_valid_archive() -> None:
    """With other weights in its holes the file is still a zip archive that torch reads."""
    data = saved({"w": torch.randn(50), "v": torch.randn(10)})
    model = checkpoints.read({NAME: data}, NAME)
    assert model.skeleton is not None
    assert (model.skeleton.files[0].kind == CRC).sum() == 4
    other = [np.zeros(t.byte_size, np.uint8) for t in model.tensors]
    new = b"".join(bytes(p) for p in carrier.fill(model.skeleton, 0, other.__getitem__))
    assert len(new) == len(data)
    assert zipfile.ZipFile(io.BytesIO(new)).testzip() is None
    loaded = torch.load(io.BytesIO(new), weights_only=True)
    assert torch.equal(loaded["w"], torch.zeros(50))


def test_holes_are_what_the_tensors_take() -> None:
    """Without hidden storages the holes are as long as the tensors are."""
    model = read_back({"w": torch.randn(50, 3), "v": torch.randn(10)})
    assert model.skeleton is not None
    file = model.skeleton.files[0]
    assert file.length[file.kind == HOLE].sum() == sum(t.byte_size for t in model.tensors)


def test_save_writes_what_read_reads() -> None:
    """A written state dict has the same tensors, ties and strides."""
    from dombit.models import torchsave

    w = torch.randn(4, 6)
    parts = {
        "w": w, "same": w, "column": w[:, 1], "h": torch.randn(3).bfloat16(),
        "b": torch.tensor(True), "none": torch.empty(2, 0), "half": torch.randn(9)[::2],
    }  # fmt: skip
    model = read_back(parts)
    out = io.BytesIO()
    torchsave.write(model.tensors, carrier.bytes_of(model.tensors), out)
    again = checkpoints.read({NAME: out.getvalue()}, NAME)
    holds(again, parts)
    assert [t.alias for t in again.tensors] == [t.alias for t in model.tensors]
