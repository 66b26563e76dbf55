"""The JavaScript decoder, written beside the text: every valid vector, and a real model."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from conformance.run import load_manifest

import dombit

ROOT = Path(__file__).parents[2] / "conformance"
DECODER = ROOT / "decoder_js" / "decode.mjs"
VALID = [row for row in load_manifest(ROOT)[1] if row["kind"] == "valid"]
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")


def decode(stream: Path, *options: str) -> list[dict[str, object]]:
    """Run the decoder and return its lines."""
    done = subprocess.run(
        [NODE or "node", str(DECODER), str(stream), *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("row", VALID[::4], ids=[row["id"] for row in VALID[::4]])
def test_a_quarter_of_the_vectors(row: dict[str, object]) -> None:
    """Names, dtypes, shapes and digests are those of the manifest (all: see the next test)."""
    *tensors, last = decode(ROOT / str(row["file"]))
    assert last == {"model_digest": row["model_digest"]}
    assert tensors == row["tensors"]


@pytest.mark.slow
def test_every_vector() -> None:
    """All valid vectors decode to the digests of the manifest."""
    for row in VALID:
        assert decode(ROOT / row["file"])[-1] == {"model_digest": row["model_digest"]}, row["id"]


@pytest.mark.parametrize("settings", [{}, {"snr": 25}], ids=["lossless", "lossy"])
def test_a_real_model(settings: dict[str, float], demo_model: Path, tmp_path: Path) -> None:
    """The demo's model, lossless and lossy: the same digest, and lossless the same file."""
    stream = tmp_path / "x.dombit"
    report = dombit.encode(demo_model, stream, **settings)
    *_, last = decode(stream, "-o", str(tmp_path))
    assert last == {"model_digest": report.model_digest}
    back = (tmp_path / demo_model.name).read_bytes()
    assert (back == demo_model.read_bytes()) is not bool(settings)
