"""Refused streams through the command: every vector of the suite, and sizes nobody has."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

import dombit
from dombit.cli import main
from dombit.errors import DombitError

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "conformance"
MANIFEST: dict[str, Any] = json.loads((SUITE / "manifest.json").read_text())
REFUSED = [
    {**row, "file": f"vectors/{row['id']}.dombit"}
    for row in MANIFEST["vectors"]
    if row["kind"] != "valid" and "limits" not in row
]
Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row["id"])
def test_a_refused_vector_says_what_and_where(
    row: dict[str, Any], tmp_path: Path, capsys: Captured
) -> None:
    """Kind and stage are the manifest's, place and unit are named, and no file appears."""
    path = tmp_path / "bad.dombit"
    path.write_bytes((SUITE / row["file"]).read_bytes())
    code = 3 if row["error"]["kind"] == "unsupported" else 1
    held = [f"--root={SUITE / 'vectors' / root}.dombit" for root in row.get("roots", ())]
    outputs = ["decode", str(path), "-o", str(tmp_path / "x"), *held]
    for command in (["verify", str(path), *held], outputs):
        assert main([*command, "--json"]) == code
        shown = capsys.readouterr()
        said = json.loads(shown.out)
        assert (said["kind"], said["stage"]) == (row["error"]["kind"], row["error"]["stage"])
        assert said["exit_code"] == code and not said["ok"]
        assert shown.err.count("\n") == 1 and "Traceback" not in shown.err
        if said["rule"] != "R-IDN-003":  # digests of files: found when the units are gone
            assert 0 <= said["at"] <= row["size"]
            assert said["unit"] == "signature" or said["unit"].startswith("units[")
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["skeleton/file_digest", "skeleton/literal_changed"])
def test_digests_of_files_hold_for_conversions(name: str, tmp_path: Path, capsys: Captured) -> None:
    """A stream whose own files are wrong is not converted to another container either."""
    row = next(row for row in REFUSED if row["id"] == name)
    assert main(["decode", str(SUITE / row["file"]), "-o", str(tmp_path / "x.npz")]) == 1
    assert "R-IDN-003" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


ABSURD: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "2^63 elements": ("one", {"structure.dims": (1 << 63,)}, "forbidden-value", "structure"),
    "2^46 elements": (
        "one",
        {"structure.dims": (1 << 46,), "structure.output_bytes": 1 << 48},
        "limit-exceeded",
        "structure",
    ),
    "10^9 tensors": ("one", {"structure.tensor_count": 10**9}, "limit-exceeded", "structure"),
    "9 * 10^6 tensors": ("one", {"structure.tensor_count": 9 * 10**6}, "malformed", "structure"),
    "2^32 lanes": ("lanes", {"segment.lanes_log2": 32}, "forbidden-value", "segment"),
    "2^32 - 1 symbols": ("lanes", {"segment.count": (1 << 32) - 1}, "forbidden-value", "segment"),
}


@pytest.mark.parametrize("name", ABSURD)
def test_absurd_sizes_cost_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes that nobody has, under right checksums, are refused before memory is taken."""
    monkeypatch.syspath_prepend(str(ROOT))
    make = pytest.importorskip("conformance.make.stream")
    model = pytest.importorskip("conformance.make.model")
    lanes = pytest.importorskip("conformance.make.segment.lanes_1").model()
    one = model.Model(
        tensors=[model.Tensor("a", "f32", (3,), [0x3F800000] * 3)],
        groups=[model.Group(coding="constant")],
        index=False,
    )
    which, faults, kind, stage = ABSURD[name]
    data = make.build_stream({"one": one, "lanes": lanes}[which], faults).data
    tracemalloc.start()
    try:
        with pytest.raises(DombitError) as caught:
            dombit.decode(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (caught.value.kind, caught.value.stage) == (kind, stage)
    assert caught.value.at is not None and caught.value.unit is not None
    assert peak < 8 << 20
