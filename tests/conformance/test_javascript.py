"""The JavaScript decoder, written beside the text: the vectors, and a real model."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conformance.run import load_manifest

import dombit
from conformance import run

ROOT = Path(__file__).parents[2] / "conformance"
DECODER = ROOT / "decoder_js" / "decode.mjs"
ROWS = load_manifest(ROOT)[1]
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")


def decode(stream: Path, folder: Path) -> list[dict[str, Any]]:
    """Run the decoder and return its lines."""
    done = subprocess.run(
        [NODE or "node", str(DECODER), str(stream), "-o", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


MANY = {"container", "group", "segment", "skeleton", "structure"}
"""Topics of a hundred processes or so: half a minute in all."""


def topics() -> list[Any]:
    """Return the topics; those of many vectors are opt-in."""
    names = sorted({row["id"].split("/")[0] for row in ROWS})
    return [pytest.param(one, marks=[pytest.mark.slow] * (one in MANY)) for one in names]


@pytest.mark.parametrize("topic", topics())
def test_vectors(topic: str) -> None:
    """The runner finds nothing wrong, strictly and with all limits."""
    words = ["--strict", "--limits", "all", "--only", f"{topic}/*", "-j2", "--timeout", "60"]
    assert run.main([*words, "--", NODE or "node", str(DECODER)]) == 0


@pytest.mark.parametrize("settings", [{}, {"snr": 25}], ids=["lossless", "lossy"])
def test_a_real_model(settings: dict[str, float], demo_model: Path, tmp_path: Path) -> None:
    """The demo's model, lossless and lossy: the same digest, and lossless the same file."""
    stream = tmp_path / "x.dombit"
    report = dombit.encode(demo_model, stream, **settings)
    *_, source, sized, last = decode(stream, tmp_path)
    assert sized["file"] == demo_model.name
    assert last == {"model_digest": report.model_digest}
    assert source["source"] == demo_model.name
    back = (tmp_path / source["file"]).read_bytes()
    assert (back == demo_model.read_bytes()) is not bool(settings)
