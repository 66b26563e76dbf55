"""PyTorch files that are refused or carried whole, and damage."""

from __future__ import annotations

import collections
import io
import pickle
import random
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dombit.errors import BadSource, MissingExtra
from dombit.models import carrier
from dombit.models import torch as checkpoints
from dombit.records import ModelFile

torch = pytest.importorskip("torch", reason="needs torch")

NAME = "model.pt"
F8 = torch.ones(4).to(torch.float8_e5m2)
BOTH = pytest.mark.parametrize("legacy", [False, True], ids=["zip", "sequential"])


def saved(value: object, *, legacy: bool = False) -> bytes:
    """Return the bytes that torch.save writes."""
    out = io.BytesIO()
    torch.save(value, out, _use_new_zipfile_serialization=not legacy)
    return out.getvalue()


def read(data: bytes) -> ModelFile:
    """Read a checkpoint."""
    return checkpoints.read({NAME: data}, NAME)


def joined(model: ModelFile) -> bytes:
    """Return the re-assembled file."""
    assert model.skeleton is not None
    parts = carrier.fill(model.skeleton, 0, carrier.bytes_of(model.tensors), model.tensors)
    return b"".join(bytes(part) for part in parts)


def rezipped(data: bytes, method: int, change: dict[str, bytes]) -> bytes:
    """Write an archive again with another compression or other contents."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", method) as new:
        for info in old.infolist():
            inner = info.filename.partition("/")[2]
            new.writestr(info.filename, change.get(inner, old.read(info)))
    return out.getvalue()


class Payload:
    """What runs when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        import os

        return os.system, (f"touch {self.path}",)


class Foreign:
    """A class that a checkpoint must not need."""


@BOTH
def test_code_is_refused_and_not_run(tmp_path: Path, legacy: bool) -> None:
    """A pickle that would run a command is refused with the function's name, and not run."""
    mark = tmp_path / "ran"
    with pytest.raises(BadSource, match=r"code or foreign classes: posix\.system|nt\.system"):
        read(saved({"w": torch.ones(3), "x": Payload(mark)}, legacy=legacy))
    assert not mark.exists()


@BOTH
def test_foreign_classes_are_named(legacy: bool) -> None:
    """A checkpoint that holds objects of other classes is refused with all their names."""
    value = {"w": torch.ones(3), "o": Foreign(), "d": collections.deque([1])}
    with pytest.raises(BadSource, match=r"collections\.deque, .*\.Foreign"):
        read(saved(value, legacy=legacy))


def test_other_ways_to_name_code() -> None:
    """Each opcode that can name a function or class is looked at."""
    base = saved({"w": torch.ones(3)})
    for code in (
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x01x\x85R.",  # STACK_GLOBAL
        b"(S'x'\niposix\nsystem\n.",  # INST
        b"(cposix\nsystem\nS'x'\no.",  # OBJ
        b"\x80\x02cposix\nsystem\n)\x81.",  # NEWOBJ
        b"\x80\x02\x82\x01.",  # EXT1
    ):
        with pytest.raises(BadSource, match="foreign"):
            read(rezipped(base, zipfile.ZIP_STORED, {"data.pkl": code}))


def test_module_is_refused() -> None:
    """A whole module is code; the message says what to save instead."""
    with pytest.raises(BadSource, match=r"torch\.nn\.modules\.linear\.Linear.*state_dict"):
        read(saved(torch.nn.Linear(2, 2)))


@pytest.mark.filterwarnings("ignore")
def test_torchscript_is_refused() -> None:
    """A TorchScript archive is refused by name."""
    out = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), out)
    with pytest.raises(BadSource, match="TorchScript"):
        read(out.getvalue())


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04", b"hello world", pickle.dumps({"a": 1}, 2), pickle.dumps([1], 4)],
    ids=["empty", "start of a zip", "text", "pickle", "newer pickle"],
)
def test_other_files(data: bytes) -> None:
    """What is no checkpoint is refused."""
    with pytest.raises(BadSource):
        read(data)


def test_zip_without_pickle() -> None:
    """A zip archive of something else is refused."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a/b", b"c")
    with pytest.raises(BadSource, match=r"no data\.pkl"):
        read(out.getvalue())


def whole_note(data: bytes) -> str:
    """Read a file that is carried whole, and return its note."""
    model = read(data)
    assert (model.carrier, model.tensors) == (0, ())
    assert joined(model) == data
    (note,) = model.notes
    return note


def test_compressed_is_carried_whole() -> None:
    """Compressed entries hold no fixed bytes of weights."""
    data = rezipped(saved({"w": torch.ones(99)}), zipfile.ZIP_DEFLATED, {})
    assert "compressed" in whole_note(data)


def test_big_endian_is_carried_whole() -> None:
    """Storages of the other byte order are not weights as this format has them."""
    data = rezipped(saved({"w": torch.ones(9)}), zipfile.ZIP_STORED, {"byteorder": b"big"})
    assert "big-endian" in whole_note(data)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "make",
    [
        lambda: {"s": torch.eye(3).to_sparse()},
        lambda: {"c": torch.tensor([1j, 2]).conj()},
        lambda: {(1, "a"): torch.ones(2)},
        lambda: {"m": torch.ones(2, device="meta")},
        lambda: {"huge": torch.ones(1).expand(1 << 30, 9)},
        lambda: {"f": F8, "i": F8.view(torch.uint16)},
    ],
    ids=["sparse", "conjugate", "odd key", "meta", "expanded far", "two dtypes"],
)  # fmt: skip
def test_not_understood_is_carried_whole(make: Any) -> None:
    """Tensors that the walk cannot place let the file be carried whole, with a note."""
    assert "carried whole" in whole_note(saved(make()))


def test_stored_again_by_another_writer() -> None:
    """An archive written by Python's zipfile (CRC in the local header) is cut as well."""
    data = rezipped(saved({"w": torch.randn(9)}), zipfile.ZIP_STORED, {})
    model = read(data)
    assert model.tensors[0].name == "w"
    assert joined(model) == data


@BOTH
def test_without_torch(monkeypatch: pytest.MonkeyPatch, legacy: bool) -> None:
    """Without torch the error names the extra."""
    data = saved({"w": torch.ones(3)}, legacy=legacy)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"pip install dombit\[torch\]"):
        read(data)


def test_shared_containers() -> None:
    """Containers that contain each other many times over do not make the walk explode."""
    tree: list[Any] = [torch.ones(1)]
    for _ in range(40):
        tree = [tree, tree, tree]
    assert "shared too often" in whole_note(saved(tree))


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Change one to three bytes, and sometimes cut the end off."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 3))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    if chance.random() < 0.1:
        del changed[chance.randrange(len(changed)) :]
    return bytes(changed)


@BOTH
def test_mutations(legacy: bool) -> None:
    """A damaged checkpoint is refused, or comes back byte for byte."""
    w = torch.arange(12.0).view(3, 4)
    value = {"w": w, "t": w.t(), "m": {"b": torch.ones(2, 2).bfloat16(), "s": torch.tensor(1)}}
    data = saved(value, legacy=legacy)
    chance = random.Random(7)  # noqa: S311
    outcomes = {"refused": 0, "kept": 0}
    for _ in range(300):
        other = mutated(data, chance)
        try:
            model = read(other)
        except BadSource:
            outcomes["refused"] += 1
            continue
        assert joined(model) == other
        outcomes["kept"] += 1
    assert min(outcomes.values()) > 10
