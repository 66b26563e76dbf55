"""Engines: numba that is installed but does not work, in fresh processes with a stub of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dombit
from dombit import compiled, fast
from dombit.errors import UsageError

needs_numba = pytest.mark.skipif(not compiled.available(), reason="numba is not installed")
BROKEN = {
    "import": "raise ImportError('Numba needs NumPy 2.4 or less. Got NumPy 9.9.')",
    "library": "raise OSError('libLLVM.so: cannot open shared object file')",
    "strange": "raise SystemError",
    "compiler": """
def njit(**options):
    def compiled(kernel):
        def run(*arguments):
            raise RuntimeError('LLVM ERROR: no target')
        return run
    return compiled
""",
}
PROGRAM = """
import json, sys, warnings
import numpy as np, dombit
model = {"w": np.random.default_rng(0).normal(0, 1, (60, 50)).astype(np.float32)}
said = {"warnings": [], "errors": []}
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    report = dombit.encode(model, sys.argv[1], engine="auto")
    said["encode"] = report.notes
    said["decode"] = dombit.decode(sys.argv[1], sys.argv[1] + ".npz").notes
    said["verify"] = dombit.verify(sys.argv[1]).notes
    back = dombit.decode(sys.argv[1], engine="auto")
    with dombit.open(sys.argv[1], engine="auto") as stream:
        stream.get_tensor("w")
    said["same"] = bool((back["w"] == model["w"]).all())
    said["warnings"] = [[one.category.__name__, str(one.message)] for one in caught]
for call in (dombit.to_bytes, dombit.decode, dombit.open):
    try:
        call(model if call is dombit.to_bytes else sys.argv[1], engine="numba")
    except dombit.MissingExtra as error:
        said["errors"].append([str(error), error.hint])
print(json.dumps(said))
"""


def run(words: list[str], stub: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program of Python whose numba is a stub."""
    path = os.pathsep.join([str(stub), *(place for place in sys.path if place)])
    return subprocess.run(
        [sys.executable, *words],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(params=BROKEN)
def stub(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Give a folder with a numba that fails."""
    folder = tmp_path / "stub"
    (folder / "numba").mkdir(parents=True)
    (folder / "numba" / "__init__.py").write_text(BROKEN[request.param])
    return folder


def test_auto_falls_back_and_numba_is_refused(stub: Path, tmp_path: Path) -> None:
    """One warning a process, a note in each report, the same results; asked for: MissingExtra."""
    done = run(["-c", PROGRAM, str(tmp_path / "x.dombit")], stub)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["same"]
    ((category, message),) = said["warnings"]
    assert category == "SlowEngine" and "numba is installed but does not work" in message
    assert said["encode"] == said["decode"] == said["verify"] == [message]
    assert len(said["errors"]) == 3
    assert all("numba" in text and "reinstall" in hint for text, hint in said["errors"])


def test_the_command_says_it_in_a_note(stub: Path, tmp_path: Path) -> None:
    """On standard error, once, as any other note."""
    np.savez(tmp_path / "x.npz", w=np.arange(3000.0))
    words = ["-m", "dombit", "encode", str(tmp_path / "x.npz"), "-o", str(tmp_path / "x.dombit")]
    done = run(words, stub)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("note: numba is installed but does not work here")
    assert done.stderr.count("\n") == 1


@needs_numba
def test_a_place_for_the_cache_that_cannot_be(tmp_path: Path) -> None:
    """Where numba may write nothing it works, without a warning."""
    (tmp_path / "file").write_text("no folder")
    code = (
        "import warnings, numpy, dombit; warnings.simplefilter('error')\n"
        "data = dombit.to_bytes({'w': numpy.arange(9000.0)}, engine='numba')\n"
        "assert dombit.decode(data, engine='numba')['w'][-1] == 8999"
    )
    done = run(["-c", code], tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "file" / "x"))
    assert done.returncode == 0, done.stderr


@needs_numba
def test_a_cache_that_breaks_later_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk when machine code is kept: the loop is compiled without a cache."""
    import numba

    njit = numba.njit

    def full(*kernels: Any, **options: bool) -> Callable[..., Any]:
        if not options.get("cache"):
            return njit(*kernels, **options)  # type: ignore[no-any-return]

        def refuse(*_: object) -> None:
            raise OSError(28, "No space left on device")

        return lambda _kernel: refuse

    monkeypatch.setattr(numba, "njit", full)
    compiled.compiled.cache_clear()
    try:
        found = fast.read_variable(np.array([5], np.uint8), np.array([3], np.uint8))
        assert found.tolist() == [5]
    finally:
        compiled.compiled.cache_clear()


def test_engines_have_names() -> None:
    """Another word, or no thread, is a usage error."""
    with pytest.raises(UsageError, match="engine is auto, numpy or numba"):
        dombit.to_bytes({}, engine="cuda")
    with pytest.raises(UsageError, match="jobs"):
        dombit.to_bytes({}, jobs=0)
