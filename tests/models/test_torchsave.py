"""Writing `.pt`: what torch reads of a file that was made without it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from dombit.dtypes import DTYPES, byte_size
from dombit.models import carrier, torchsave
from dombit.models.arrays import to_torch
from dombit.records import Alias, Tensor

torch = pytest.importorskip("torch")
RANDOM = np.random.default_rng(4)
SHAPES = [(5, 3), (), (0, 4), (7,), (600, 701)]


def model() -> list[Tensor]:
    """Return tensors of every dtype and some shapes, with ties, parts and views."""
    tensors = []
    for dtype in DTYPES:
        for shape in SHAPES[: 5 if dtype.bits < 8 or dtype.name == "bf16" else 4]:
            high = 2 if dtype.name == "bool" else 256
            data = RANDOM.integers(0, high, byte_size(dtype, shape)).astype(np.uint8)
            name = f"{dtype.name} {shape} größe"
            tensors.append(Tensor(name=name, dtype=dtype, shape=shape, data=data))
    for dtype in DTYPES:
        number = next(n for n, t in enumerate(tensors) if t.dtype is dtype and t.shape == (5, 3))
        part = Alias(target=number, offset=1, strides=(1, 3))
        for name, shape, alias in (("tied", (15,), Alias(target=number)), ("part", (2, 4), part)):
            tensors.append(
                Tensor(
                    name=f"{dtype.name} {name}", dtype=dtype, shape=shape, data=None, alias=alias
                )
            )
    return tensors


def written(tensors: list[Tensor]) -> bytes:
    """Return the file."""
    out = io.BytesIO()
    torchsave.write(tensors, carrier.bytes_of(tensors), out)
    return out.getvalue()


def same(found: object, tensors: list[Tensor]) -> None:
    """Compare a loaded dict with tensors, bit for bit, and their storages with their aliases."""
    assert isinstance(found, dict) and list(found) == [tensor.name for tensor in tensors]
    give = carrier.bytes_of(tensors)
    for number, tensor in enumerate(tensors):
        got, expected = found[tensor.name], to_torch(tensor, give(number))
        assert (got.dtype, got.shape) == (expected.dtype, expected.shape), tensor.name
        bits = [t.contiguous().reshape(-1).view(torch.uint8) for t in (got, expected) if t.numel()]
        assert not bits or torch.equal(*bits), tensor.name
        target = tensor.alias and found[tensors[tensor.alias.target].name]
        if target is not None:
            assert got.untyped_storage().data_ptr() == target.untyped_storage().data_ptr()


@pytest.mark.parametrize("mmap", [False, True])
def test_torch_reads_every_dtype(mmap: bool, tmp_path: Path) -> None:
    """Values, shapes, ties and views, safely loaded, from memory mapped files too."""
    tensors = model()
    (tmp_path / "x.pt").write_bytes(written(tensors))
    same(torch.load(tmp_path / "x.pt", weights_only=True, mmap=mmap), tensors)


def test_the_archive_is_sound_and_aligned() -> None:
    """Checksums hold, and each storage begins at a multiple of 64, as torch has it."""
    data = written(model())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        for info in archive.infolist():
            name, extra = (data[info.header_offset + at] for at in (26, 28))
            extra += 256 * data[info.header_offset + 29]
            assert (info.header_offset + 30 + name + extra) % 64 == 0
            assert info.compress_type == zipfile.ZIP_STORED


def test_hidden_tensors_are_storages_only() -> None:
    """A storage that is no part of the model is there for its views, without a name."""
    f32 = next(dtype for dtype in DTYPES if dtype.name == "f32")
    data = np.arange(12, dtype=np.float32).view(np.uint8)
    tensors = [
        Tensor(name="storage", dtype=f32, shape=(12,), data=data, hidden=True),
        Tensor(name="a", dtype=f32, shape=(3,), data=None, alias=Alias(target=0, offset=4)),
    ]
    found = torch.load(io.BytesIO(written(tensors)), weights_only=True)
    assert list(found) == ["a"] and found["a"].tolist() == [4, 5, 6]
    assert found["a"].untyped_storage().nbytes() == 48


@pytest.mark.parametrize("value", [0, 255, 65_536, (1 << 31) - 1, 1 << 31, (1 << 53) - 1])
def test_integers_of_any_size(value: int) -> None:
    """Sizes beyond 32 bits are written as pickle has them."""
    import pickle

    assert pickle.loads(torchsave._integer(value) + b".") == value  # noqa: S301 - our own


def test_torch_is_not_needed(tmp_path: Path) -> None:
    """A stream becomes a .pt file where torch is not installed."""
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import numpy, dombit\n"
        "data = dombit.to_bytes({'w': numpy.arange(9.0)})\n"
        f"dombit.decode(data, {str(tmp_path / 'x.pt')!r})\n"
    )
    path = os.pathsep.join(place for place in sys.path if place)
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, check=True)
    assert torch.load(tmp_path / "x.pt", weights_only=True)["w"].tolist() == list(range(9))
