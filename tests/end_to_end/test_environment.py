"""The environment fails or stops: typed errors, and the folder as it was before."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dombit
from dombit.cli import main
from dombit.errors import IoFailure

Captured = pytest.CaptureFixture[str]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
WEIGHTS = {"w": np.random.default_rng(3).normal(0, 0.02, (3000, 1000)).astype(np.float32)}


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a stream of 12 MB of weights, and the model as .safetensors."""
    folder = tmp_path_factory.mktemp("big")
    dombit.encode(WEIGHTS, folder / "model.dombit")
    dombit.decode(folder / "model.dombit", folder / "model.safetensors")
    return folder


def command(*words: object, **options: Any) -> subprocess.Popen[str]:
    """Start the command as a process of its own."""
    line = [sys.executable, "-m", "dombit", *map(str, words)]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(line, env=ENVIRONMENT, **pipes, **options)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("what", ["encode", "decode"])
def test_a_stopped_command_leaves_nothing(
    number: signal.Signals, what: str, big: Path, tmp_path: Path
) -> None:
    """SIGINT and SIGTERM while a temporary file is there: it goes, code 130, one line."""
    source = big / ("model.safetensors" if what == "encode" else "model.dombit")
    rate = ["--bits", "3"] if what == "encode" else []
    running = command(what, source, "-o", tmp_path / "out.safetensors", *rate)
    while running.poll() is None and not any(tmp_path.iterdir()):
        time.sleep(0.002)
    running.send_signal(number)
    shown = running.communicate(timeout=60)[1]
    if running.returncode == 0:
        assert [each.name for each in tmp_path.iterdir()] == ["out.safetensors"]
        return
    assert running.returncode == 130
    assert shown == "dombit: interrupted: stopped; nothing was written\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".safetensors", ".npz", ".pt"])
def test_a_full_disk_while_decoding_leaves_nothing(suffix: str, big: Path, tmp_path: Path) -> None:
    """Where a file may not grow, decoding to any container ends with code 4 and no file."""
    if suffix == ".pt":
        pytest.importorskip("torch")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))

    output = tmp_path / f"out{suffix}"
    running = command("decode", big / "model.dombit", "-o", output, preexec_fn=limit)
    shown = running.communicate(timeout=60)[1]
    assert running.returncode == 4, shown
    assert shown.startswith("dombit: io: ") and shown.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_device_is_a_typed_error(demo_model: Path) -> None:
    """An output file object without space is an IoFailure, both ways."""
    stream = dombit.to_bytes(demo_model)
    with Path("/dev/full").open("wb", buffering=0) as full:
        with pytest.raises(IoFailure, match="no space left"):
            dombit.encode({"w": np.arange(9.0)}, full)
        with pytest.raises(IoFailure, match="no space left"):
            dombit.decode(stream, full)


def test_an_interrupt_in_the_middle_leaves_nothing(big: Path, tmp_path: Path) -> None:
    """KeyboardInterrupt from a caller's progress passes through, and the temporary goes."""

    def stop(_what: str, _done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dombit.encode(big / "model.safetensors", tmp_path / "x.dombit", progress=stop)
    with pytest.raises(KeyboardInterrupt):
        dombit.decode(big / "model.dombit", tmp_path / "x.safetensors", progress=stop)
    assert not list(tmp_path.iterdir())


def sources(folder: Path) -> dict[str, bytes]:
    """Return small models of every container."""
    weights = {"w": np.random.default_rng(1).normal(0, 1, (20, 30)).astype(np.float32)}
    np.savez(folder / "stored.npz", **weights)
    np.savez_compressed(folder / "packed.npz", **weights)
    stream = dombit.to_bytes(weights)
    dombit.decode(stream, folder / "a.safetensors")
    if torch := pytest.importorskip("torch"):
        state = {"w": torch.from_numpy(weights["w"])}
        torch.save(state, folder / "zip.pt")
        torch.save(state, folder / "old.pth", _use_new_zipfile_serialization=False)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_damaged_sources_are_refused_or_come_back(
    tmp_path: Path, demo_model: Path, capsys: Captured
) -> None:
    """A cut or spoiled source is code 1 with nothing written, or comes back as it is."""
    found = {**sources(tmp_path), "m.onnx": demo_model.read_bytes()}
    random = np.random.default_rng(5)
    work = tmp_path / "work"
    for name, data in found.items():
        codes = set()
        places = random.integers(0, 8 * len(data), 16).tolist()
        cases = [data[: place >> 3] for place in places[:8]]
        for place in places[8:]:
            spoiled = bytearray(data)
            spoiled[place >> 3] ^= 1 << (place & 7)
            cases.append(bytes(spoiled))
        for case in cases:
            work.mkdir()
            (work / name).write_bytes(case)
            code = main(["encode", str(work / name), "-o", str(work / "x.dombit")])
            codes.add(code)
            left = {each.name for each in work.iterdir()}
            assert code in (0, 1), (name, capsys.readouterr().err)
            assert left == ({name, "x.dombit"} if code == 0 else {name})
            if code == 0 and not name.endswith(".npz"):
                back = work / f"back{Path(name).suffix}"
                assert main(["decode", str(work / "x.dombit"), "-o", str(back)]) == 0
                assert back.read_bytes() == case
            for each in work.iterdir():
                each.unlink()
            work.rmdir()
        assert 1 in codes, name


STARVED = """
import json, resource, sys
import dombit
with open("/proc/self/status") as file:
    taken = next(int(line.split()[1]) for line in file if line.startswith("VmSize")) << 10
resource.setrlimit(resource.RLIMIT_AS, (taken + (24 << 20), resource.RLIM_INFINITY))
said = []
for call in (
    lambda: dombit.decode(sys.argv[1], engine="numpy", jobs=1),
    lambda: dombit.decode(sys.argv[1], sys.argv[2], engine="numpy", jobs=1),
    lambda: dombit.verify(sys.argv[1]),
):
    try:
        call()
    except dombit.errors.IoFailure as error:
        said.append(error.message)
print(json.dumps(said))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux' /proc")
def test_memory_that_runs_out_while_decoding_is_a_typed_error(tmp_path: Path) -> None:
    """A process that may take 24 MiB decodes 64 MiB: IoFailure each time, and no file."""
    stream = tmp_path / "x.dombit"
    dombit.encode({"w": np.zeros((1 << 14, 1 << 10), np.float32)}, stream)
    line = [sys.executable, "-c", STARVED, str(stream), str(tmp_path / "x.safetensors")]
    one_thread = {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        line, env=ENVIRONMENT | one_thread, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == ["decoding the stream: not enough memory"] * 3
    assert [each.name for each in tmp_path.iterdir()] == [stream.name]
