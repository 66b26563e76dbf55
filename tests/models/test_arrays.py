"""Dicts of arrays and torch tensors, and the way back."""

from __future__ import annotations

import io
import sys
from typing import Any

import numpy as np
import pytest

from dombit.dtypes import BY_NAME, DTYPES, DType
from dombit.errors import BadSource, UsageError
from dombit.models import carrier, npz
from dombit.models.arrays import tensors_from_state_dict, to_numpy, to_torch
from dombit.records import Alias, Tensor

ml_dtypes = pytest.importorskip("ml_dtypes", reason="needs ml_dtypes")
torch = pytest.importorskip("torch", reason="needs torch")


def own(tensor: Tensor) -> Any:
    """Return the data of a tensor that is no alias."""
    assert tensor.data is not None
    return tensor.data


@pytest.mark.parametrize("dtype", [d for d in DTYPES if d.numpy], ids=lambda d: d.name)
def test_numpy_dtypes(dtype: DType) -> None:
    """Every dtype of NumPy and ml_dtypes comes back as it went in."""
    array = np.arange(-3, 4).astype(np.float32).astype(dtype.numpy_dtype())
    (tensor,) = tensors_from_state_dict({"w": array})
    assert (tensor.dtype, tensor.shape) == (dtype, (7,))
    assert own(tensor).size == tensor.byte_size
    back = to_numpy(tensor, own(tensor))
    assert back.dtype == array.dtype
    assert back.tobytes() == array.tobytes()


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=">f4"),
        np.arange(6, dtype=">c16").reshape(2, 3),
        np.arange(24.0).reshape(4, 6)[::2, ::-1],
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.float32(2.5),
        np.array(7, np.int64),
        np.empty((0, 4), np.float16),
    ],
    ids=["swapped", "swapped complex", "strided", "fortran", "scalar", "0-d", "empty"],
)
def test_numpy_layouts(array: Any) -> None:
    """Byte order and strides are canonical in a tensor, values and shape are kept."""
    (tensor,) = tensors_from_state_dict({"w": array})
    back = to_numpy(tensor, own(tensor))
    assert back.shape == np.shape(array)
    assert np.array_equal(back, array)
    assert back.dtype == np.asarray(array).dtype.newbyteorder("<")


def test_contiguous_memory_is_not_copied() -> None:
    """The bytes of an array that are canonical already are not copied."""
    array = np.arange(10, dtype=np.float32)
    (tensor,) = tensors_from_state_dict({"w": array})
    assert np.shares_memory(own(tensor), array)


def test_nested_and_tied() -> None:
    """Nested dicts give paths, and the same view of the same memory gives an alias."""
    a, t = np.arange(4), torch.ones(2, 3)
    tensors = tensors_from_state_dict({"x": {"a": a, 3: [a, t]}, "t": t, "u": t.t()})
    assert [tensor.name for tensor in tensors] == ["x.a", "x.3.0", "x.3.1", "t", "u"]
    assert [tensor.alias for tensor in tensors] == [
        None, Alias(target=0), None, Alias(target=2), None,
    ]  # fmt: skip
    assert carrier.bytes_of(tensors)(1).tobytes() == a.tobytes()


@pytest.mark.parametrize(
    "value",
    [1.5, "text", None, np.array(["a"]), np.zeros(2, "V3"), np.array([None]), np.zeros(1, "M8[s]")],
    ids=["float", "text", "none", "strings", "void", "objects", "dates"],
)
def test_no_array(value: Any) -> None:
    """What is no array of numbers is refused with its name."""
    with pytest.raises(UsageError, match=r"'a\.b'"):
        tensors_from_state_dict({"a": {"b": value}})


def test_odd_torch_tensors() -> None:
    """Sparse tensors and those without data are refused with their name."""
    for value in (torch.eye(2).to_sparse(), torch.ones(2, device="meta")):
        with pytest.raises(UsageError, match="'w'"):
            tensors_from_state_dict({"w": value})


TORCH = (
    "bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 bfloat16 float32 float64 "
    "complex32 complex64 complex128 float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz "
    "float8_e8m0fnu"
)


@pytest.mark.parametrize("name", TORCH.split())
def test_torch_dtypes(name: str) -> None:
    """A torch tensor comes back as it went in."""
    value = torch.arange(6).float().reshape(2, 3).to(getattr(torch, name)).t()
    (tensor,) = tensors_from_state_dict({"w": torch.nn.Parameter(value, requires_grad=False)})
    back = to_torch(tensor, own(tensor))
    assert (back.dtype, back.shape) == (value.dtype, value.shape)
    flat = value.contiguous().reshape(-1).view(torch.uint8)
    assert torch.equal(back.reshape(-1).view(torch.uint8), flat)


def test_lazy_conjugation() -> None:
    """A conjugated view gives the values that it shows."""
    value = torch.tensor([1 + 2j, 3 - 1j])
    a, b = tensors_from_state_dict({"a": value, "b": value.conj()})
    assert b.alias is None
    assert np.array_equal(to_numpy(b, own(b)), np.conj(to_numpy(a, own(a))))


@pytest.mark.parametrize("name", ["i4", "u4", "i2", "u2", "f4_e2m1", "f6_e2m3", "opaque8"])
def test_narrow_dtypes_in_torch(name: str) -> None:
    """Sub-byte elements are bytes in torch, with their sign."""
    tensor = Tensor(
        name="w", dtype=BY_NAME[name], shape=(3,), data=np.array([0xB9, 1, 0], np.uint8)
    )
    made = to_torch(tensor, own(tensor)[: tensor.byte_size])
    expected = {"i4": [-7, -5, 1], "u4": [9, 11, 1], "i2": [1, -2, -1], "u2": [1, 2, 3]}
    assert made.tolist() == expected.get(name, made.tolist())
    assert made.dtype == (torch.int8 if name in {"i4", "i2"} else torch.uint8)


def test_without_ml_dtypes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ml_dtypes a bf16 tensor is an array of its bit patterns."""
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    tensor = Tensor(
        name="w", dtype=BY_NAME["bf16"], shape=(1,), data=np.array([0x80, 0x3F], np.uint8)
    )
    assert to_numpy(tensor, own(tensor)).tolist() == [0x3F80]


def test_npz_round_trip() -> None:
    """An .npz file gives the arrays of its tensors again, and equal tensors give equal bytes."""
    arrays = {
        "a.b": np.arange(6.0).reshape(2, 3), "c/d": np.array(3), "e": np.zeros((0, 2), np.int8),
        "z": np.array([1j]), "f": np.array([True, False]),
    }  # fmt: skip
    tensors = tensors_from_state_dict({**arrays, "tied": arrays["z"]})
    out, again = io.BytesIO(), io.BytesIO()
    npz.write(tensors, carrier.bytes_of(tensors), out)
    npz.write(tensors, carrier.bytes_of(tensors), again)
    assert out.getvalue() == again.getvalue()
    back = npz.read(out.getvalue())
    assert list(back) == [*arrays, "tied"]
    for name, array in {**arrays, "tied": arrays["z"]}.items():
        assert (back[name].dtype, back[name].shape) == (array.dtype, array.shape)
        assert np.array_equal(back[name], array)


def test_npz_refuses_other_dtypes() -> None:
    """A dtype that NumPy would not read back is refused with the tensor's name."""
    tensors = tensors_from_state_dict({"w": np.zeros(2, ml_dtypes.bfloat16)})
    with pytest.raises(UsageError, match=r"'w' \(bf16\).*safetensors"):
        npz.write(tensors, carrier.bytes_of(tensors), io.BytesIO())


def test_npz_damage() -> None:
    """A damaged .npz file, or one that holds objects, is refused."""
    for data in (b"", b"PK", b"\x80\x04N."):
        with pytest.raises(BadSource):
            npz.read(data)
    out = io.BytesIO()
    np.savez_compressed(out, w=np.arange(999.0), i=np.arange(5))
    good, refused = out.getvalue(), 0
    for place in np.random.default_rng(1).integers(0, 8 * len(good), 400).tolist():
        spoiled = bytearray(good)
        spoiled[place >> 3] ^= 1 << (place & 7)
        try:
            npz.read(bytes(spoiled))
        except BadSource:
            refused += 1
    assert refused > 100
