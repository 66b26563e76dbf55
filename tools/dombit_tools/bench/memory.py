"""Memory: the largest resident size of a fresh process, above what its imports take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dombit_tools.bench.findings import Finding
from dombit_tools.bench.processes import Worker
from dombit_tools.bench.session import SNR, Session

MIB = 1 << 20
JOBS = (1, 2, 8)
"""Threads of the decoder; 8 are the most that it starts where nobody names a number."""
RATES: dict[str, dict[str, Any]] = {"lossless": {}, f"--snr {SNR}": {"snr": SNR}}


def measure(session: Session) -> Iterator[Finding]:
    """Yield the memory of encoding and decoding the first model, file to file."""
    model = session.source()
    size = model.stat().st_size / MIB
    for rate, options in RATES.items():
        stream, back = session.temporary("memory.dombit"), session.temporary(f"back{model.suffix}")
        name = session.settings.models[0]
        encoding = {"model": str(model), "out": stream, "engine": "numpy", "rate": options}
        taken = fresh("encode", encoding)
        bound = 2 * size + 256
        yield row(session, f"encode {name}, {rate}", taken, bound, f"2 x {size:.0f} + 256")
        for jobs in JOBS:
            decoding = {"stream": stream, "out": back, "engine": "numpy", "jobs": jobs}
            taken = fresh("decode_file", decoding)
            output = Path(back).stat().st_size / MIB
            what = f"decode {name}, {rate}, {jobs} threads"
            yield row(session, what, taken, output + 64, f"{output:.0f} + 64")


def fresh(do: str, arguments: dict[str, Any]) -> dict[str, float]:
    """Do one thing in a new process; its peak, and that of its imports, in MiB."""
    with Worker("ours") as worker:
        before = worker.ask("hello")["peak_mib"]
        return {"imports": before, "peak": worker.ask(do, **arguments)["peak_mib"]}


def row(
    session: Session, figure: str, taken: dict[str, float], bound: float, formula: str
) -> Finding:
    """Return one row."""
    above = taken["peak"] - taken["imports"]
    return Finding(
        figure=f"memory, {figure}, file to file, above the imports' {taken['imports']:.0f} MiB",
        value=f"{above:.0f} MiB",
        target=f"≤ {formula} = {bound:.0f} MiB",
        met=above <= bound,
        numbers={**taken, "bound": bound},
        command=session.command("memory"),
    )
