"""Build all vectors and the manifest: `python -m conformance.make.all [--check]`.

Every program under make/<topic>/ becomes vectors/<topic>/<name>.dombit. `--check` writes
nothing and fails when a committed file differs from what its program builds.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.make.requirements import BREAKS
from conformance.make.vector import Vector

HERE = Path(__file__).parent
SUITE = HERE.parent
DEFAULTS: dict[str, Any] = {
    "spec_version": "0.1",
    "profile": "base",
    "level": 1,
    "requirements": [],
    "features": [],
    "roots": [],
    "limits": {},
}
"""What the manifest says once for all vectors that do not say otherwise."""
KINDS = {"unsupported": "unsupported", None: "valid"}


def programs() -> Iterator[tuple[str, Any]]:
    """Yield (id, module) of every program."""
    for path in sorted(HERE.glob("*/*.py")):
        if path.stem != "__init__":
            name = f"{path.parent.name}/{path.stem}"
            yield name, importlib.import_module(f"conformance.make.{name.replace('/', '.')}")


def entry(name: str, title: str, vector: Vector) -> dict[str, Any]:
    """Return what the manifest says about a vector, and the defaults do not."""
    row: dict[str, Any] = {
        "id": name,
        "title": title,
        "profile": ("base", "main")[vector.profile],
        "level": vector.level,
        "kind": KINDS.get(vector.error, "reject"),
        "requirements": [BREAKS[name]] if vector.error else [],
        "features": list(vector.features),
        "roots": list(vector.roots),
        "limits": vector.limits,
        "sha256": hashlib.sha256(vector.data).hexdigest(),
        "size": len(vector.data),
    }
    row = {key: value for key, value in row.items() if DEFAULTS.get(key) != value}
    if vector.error is None:
        return row | expected(vector)
    fault = {"kind": vector.error, "stage": vector.stage, "bytes": list(vector.fault or (0, 0))}
    if vector.released != "nothing":
        fault["released"] = vector.released
    return row | {"twin": vector.twin, "error": fault}


def expected(vector: Vector) -> dict[str, Any]:
    """Return what must come out of a valid vector."""
    tensors = [
        {"name": t.name, "dtype": t.dtype, "shape": list(t.shape), "digest": t.digest}
        for t in vector.tensors
    ]
    segments = [
        {
            "unit": s.unit,
            "kind": s.kind,
            "symbols": s.symbols,
            "lanes": s.lanes,
            "words": s.words,
            "end_states_sha256": states_digest(s.end_states),
        }
        for s in vector.segments
    ]
    out: dict[str, Any] = {"tensors": tensors, "model_digest": vector.model_digest}
    said = {"files": vector.files, "segments": segments}
    return out | {key: value for key, value in said.items() if value}


def states_digest(states: list[int]) -> str:
    """SHA-256 of end states as u32, little-endian, in lane order."""
    data = b"".join(state.to_bytes(4, "little") for state in states)
    return hashlib.sha256(data).hexdigest()


def build_all() -> dict[Path, bytes]:
    """Every file of the suite that a program makes, by its path in the suite."""
    out: dict[Path, bytes] = {}
    rows = []
    for name, module in programs():
        vector = module.build()
        title = module.__doc__.splitlines()[0]
        row = entry(name, title, vector)
        rows.append(row)
        out[Path(f"vectors/{name}.dombit")] = vector.data
    head = {"suite_version": "0.3.0", "licence": "CC0-1.0", "defaults": DEFAULTS}
    top = json.dumps(head)[:-1]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    text = f'{top}, "vectors": [\n{lines}\n]}}\n'
    out[Path("manifest.json")] = text.encode()
    return out


def stale(files: dict[Path, bytes]) -> list[str]:
    """Paths that are missing, different, or made by no program."""
    there = {path.relative_to(SUITE) for path in SUITE.glob("vectors/*/*")}
    different = [
        path
        for path, data in files.items()
        if not (SUITE / path).exists() or (SUITE / path).read_bytes() != data
    ]
    return sorted(str(path) for path in {*different, *(there - set(files))})


def main() -> int:
    """Write or check."""
    files = build_all()
    wrong = stale(files)
    if "--check" in sys.argv:
        print("\n".join(wrong) or f"{len(files)} files are current")
        return int(bool(wrong))
    for path in wrong:
        target = SUITE / path
        if Path(path) not in files:
            target.unlink()
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(files[Path(path)])
    total = sum(len(data) for data in files.values())
    print(f"{len(files) - 1} vectors, {total} bytes, {len(wrong)} files changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
