"""Demonstration: a real ONNX model becomes a stream and comes back, without loss and with."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit import api, terminal

MODEL = "nmp.onnx"
RATES: dict[str, float | None] = {"lossless": None, "--snr 50": 50.0, "--snr 30": 30.0}
Run = Callable[[Path], list[NDArray[Any]]]
"""Takes the path of a model and returns its outputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """One way there and back."""

    rate: str
    """As on the command line."""
    bytes: int
    """Of the stream."""
    ratio: float
    """Bytes of the stream by bytes of the model's file."""
    bits_per_weight: float
    snr_db: float | None
    encode_seconds: float
    decode_seconds: float
    model_digest: str
    file_equal: bool
    """Whether the decoded file is the original, byte for byte."""
    output_difference: float | None
    """Largest difference of the outputs on one seeded input, by the largest output."""
    output_error: float | None
    """Mean absolute difference of the same, by the largest output."""


def run(*, as_json: bool = False) -> int:
    """Make the trips, print the table, and return the exit code."""
    source = resources.files("dombit").joinpath("data").joinpath(MODEL)
    with resources.as_file(source) as model, tempfile.TemporaryDirectory() as folder:
        answers = outputs_of()
        size = model.stat().st_size
        if not as_json:
            print(f"{MODEL}: Basic Pitch (Spotify, Apache-2.0), {size:,} bytes of ONNX\n")
        trips = list(make_trips(model, Path(folder), answers))
    good = trips[0].file_equal
    if as_json:
        terminal.show_json({"ok": good, "model": MODEL, "size": size, "trips": as_rows(trips)})
    else:
        terminal.show(report(trips, compared=answers is not None))
    return terminal.DONE if good else terminal.BAD


def make_trips(model: Path, folder: Path, answers: Run | None) -> Iterator[Trip]:
    """Encode and decode at every rate."""
    expected = answers(model) if answers else None
    for rate, snr in RATES.items():
        stream, back = folder / "model.dombit", folder / "back.onnx"
        encoded = api.encode(model, stream, snr=snr, force=True)
        decoded = api.decode(stream, back, force=True)
        largest, mean = (
            differences(expected, answers(back)) if answers and expected else (None, None)
        )
        yield Trip(
            rate=rate,
            bytes=encoded.bytes,
            ratio=encoded.bytes / model.stat().st_size,
            bits_per_weight=encoded.bits_per_weight,
            snr_db=encoded.snr_db,
            encode_seconds=encoded.seconds,
            decode_seconds=decoded.seconds,
            model_digest=decoded.model_digest,
            file_equal=sha256(back) == sha256(model),
            output_difference=largest,
            output_error=mean,
        )


def as_rows(trips: list[Trip]) -> list[dict[str, Any]]:
    """Return the trips as JSON objects."""
    return [{name: getattr(trip, name) for name in Trip.__slots__} for trip in trips]


def report(trips: list[Trip], *, compared: bool) -> Iterator[str]:
    """Yield the lines of the table and what they mean."""
    head = (
        "",
        "bytes",
        "ratio",
        "bit/weight",
        "SNR dB",
        "encode s",
        "decode s",
        "outputs",
        "mean",
        "digest",
    )
    yield from terminal.table([head, *map(row_of, trips)])
    yield ""
    if trips[0].file_equal:
        yield "lossless: the decoded file is the original, byte for byte (SHA-256 compared)."
    else:
        yield "lossless: THE DECODED FILE DIFFERS FROM THE ORIGINAL."
    if compared:
        yield "outputs, mean: largest and mean difference in ONNX Runtime, by the largest output."
    else:
        yield "outputs were not compared: pip install 'dombit[demo]' brings ONNX Runtime."


def row_of(trip: Trip) -> tuple[str, ...]:
    """Return a trip as cells."""
    snr = "exact" if trip.snr_db is None else f"{trip.snr_db:.2f}"
    return (
        trip.rate,
        f"{trip.bytes:,}",
        f"{trip.ratio:.3f}",
        f"{trip.bits_per_weight:.2f}",
        snr,
        f"{trip.encode_seconds:.2f}",
        f"{trip.decode_seconds:.2f}",
        shown(trip.output_difference),
        shown(trip.output_error),
        f"{trip.model_digest[:12]}…",
    )


def shown(difference: float | None) -> str:
    """Return a difference as a cell."""
    return "-" if difference is None else f"{difference:.2g}"


def sha256(path: Path) -> str:
    """Return the digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def differences(expected: list[NDArray[Any]], found: list[NDArray[Any]]) -> tuple[float, float]:
    """Return the largest and the mean absolute difference, by the largest value expected."""
    wanted, got = (
        np.concatenate([array.ravel() for array in arrays]) for arrays in (expected, found)
    )
    apart = np.abs(wanted - got)
    scale = float(np.max(np.abs(wanted))) or 1.0
    return float(np.max(apart)) / scale, float(np.mean(apart)) / scale


def outputs_of() -> Run | None:
    """Return what runs a model on one seeded input, or None without ONNX Runtime."""
    try:
        import onnxruntime
    except ImportError:
        return None

    def answers(path: Path) -> list[NDArray[Any]]:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
        random = np.random.default_rng(1)
        given = {
            wanted.name: random.standard_normal(
                [size if isinstance(size, int) else 1 for size in wanted.shape], np.float32
            )
            for wanted in session.get_inputs()
        }
        return list(session.run(None, given))

    return answers
