"""Encoder and writing: what a stream consists of, and what is reported of it."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dombit
from dombit import writing
from dombit.api import decode_stream, units_of
from dombit.bitstream import registry
from dombit.encoder import count_weights, encode_model
from dombit.limits import Limits
from dombit.models.arrays import tensors_from_state_dict
from dombit.recipe import Recipe
from dombit.records import FLOAT, STORED, ModelFile

RANDOM = np.random.default_rng(31)
WEIGHTS = RANDOM.normal(0, 0.1, (60, 80)).astype(np.float32)


def model_of(**tensors: np.ndarray) -> ModelFile:
    """Return a model without skeleton."""
    return ModelFile(carrier=0, tensors=tensors_from_state_dict(tensors), skeleton=None)


def kinds_of(data: bytes) -> Counter[int]:
    """Return how often each unit type occurs, index and end left out."""
    return Counter(unit.type for unit in units_of(data, Limits()))


def codings_of(data: bytes) -> list[int]:
    """Return the coding of each group unit."""
    units = units_of(data, Limits())
    return [unit.payload[33] for unit in units if unit.type == registry.GROUP]


def test_the_report_is_true() -> None:
    """Sizes, weights and digests of a report are those of the stream and its source."""
    model = {"w": WEIGHTS, "n": np.arange(9), "z": np.zeros(3, np.complex64)}
    out = io.BytesIO()
    report = dombit.encode(model, out, step=0.01)
    data = out.getvalue()
    assert report.bytes == len(data) and report.weights == 4803
    assert report.model_digest == dombit.verify(data).model_digest
    assert report.source_digest == dombit.verify(dombit.to_bytes(model)).model_digest
    assert report.snr_db is not None and report.notes == ()
    lossless = dombit.encode(model, io.BytesIO())
    assert lossless.snr_db is None and lossless.model_digest == lossless.source_digest
    assert dombit.encode({"n": np.arange(3)}, io.BytesIO()).bits_per_weight == 0.0


def test_hidden_tensors_are_no_weights() -> None:
    """Only float elements that belong to the model count."""
    model = model_of(a=WEIGHTS, b=np.arange(5), c=np.zeros(4, np.float16))
    assert count_weights(model) == 4804
    encoded = encode_model(model, Recipe())
    data = b"".join(bytes(chunk) for chunk in encoded.chunks)
    assert decode_stream(data).model_digest == encoded.model_digest


def test_settings_change_the_stream_only() -> None:
    """Index, deflate, level and digests are freedoms: the model is the same."""
    model = {f"layers.{n}.weight": WEIGHTS + n for n in range(8)}
    digest = dombit.verify(dombit.to_bytes(model)).model_digest
    choices: list[dict[str, Any]] = [
        {"index": False}, {"deflate": False}, {"level": 2}, {"tensor_digests": True},
        {"tensor_digests": False},
    ]  # fmt: skip
    streams = [dombit.to_bytes(model, **choice) for choice in choices]
    assert len(set(streams)) == len(streams)
    assert {dombit.verify(data).model_digest for data in streams} == {digest}
    sizes = dict(zip(["plain", "raw", "wide", "all", "none"], map(len, streams), strict=True))
    assert sizes["all"] - sizes["none"] >= 8 * 32


def test_digests_are_there_where_they_cost_little() -> None:
    """By default a digest stands beside a tensor of 32 KiB, and not beside one of 1 KiB."""
    large, small = np.zeros((64, 512), np.uint8), np.zeros((2, 512), np.uint8)
    large[:], small[:] = RANDOM.integers(0, 256, large.shape), 7
    for array, expected in ((large, 32), (small, 0)):
        with dombit.open(dombit.to_bytes({"t": array})) as stream:
            assert len(stream.directory.end.tensor_digests) == expected


def test_what_coding_does_not_shrink_is_stored() -> None:
    """Ordinary weights are coded; random bits, and a group that would grow, are stored."""
    bits = RANDOM.integers(0, 1 << 32, 4096, np.uint32).view(np.float32)
    assert codings_of(dombit.to_bytes({"w": WEIGHTS})) == [FLOAT]
    assert codings_of(dombit.to_bytes({"w": bits})) == [STORED]
    few = {"w": RANDOM.normal(0, 1, 9).astype(np.float32)}
    assert codings_of(dombit.to_bytes(few)) == [STORED]


def test_literals_are_cut_into_units(
    monkeypatch: pytest.MonkeyPatch, demo_model: Path, tmp_path: Path
) -> None:
    """Literal bytes of a skeleton are spread over units of a size, and come back whole."""
    monkeypatch.setattr(writing, "LITERAL_UNIT", 1000)
    data = dombit.to_bytes(demo_model)
    pieces = [
        len(unit.payload)
        for unit in units_of(data, Limits())
        if unit.type == registry.SKELETON_DATA
    ]
    assert len(pieces) > 3 and set(pieces[:-1]) == {1000} and 0 < pieces[-1] <= 1000
    dombit.decode(data, tmp_path / "out.onnx")
    assert (tmp_path / "out.onnx").read_bytes() == demo_model.read_bytes()


def test_many_small_tensors_share_units() -> None:
    """Forty vectors lie in a few groups, in the model's order."""
    model = {f"b{n}": RANDOM.normal(0, 1, 200).astype(np.float32) for n in range(40)}
    data = dombit.to_bytes(model)
    assert kinds_of(data)[registry.GROUP] <= 3
    assert list(dombit.decode(data)) == list(model)


def test_lossy_streams_keep_vectors_and_integers() -> None:
    """Without `all`, only float tensors of two axes or more change."""
    model = {
        "w": WEIGHTS, "bias": WEIGHTS[0].copy(), "row": WEIGHTS[:1].copy(),
        "n": np.arange(100).reshape(10, 10),
        "f8": WEIGHTS.astype(np.float64), "c": WEIGHTS[:9].astype(np.complex64),
    }  # fmt: skip
    found = dombit.decode(dombit.to_bytes(model, step=0.05))
    changed = {name for name, array in model.items() if found[name].tobytes() != array.tobytes()}
    assert changed == {"w", "f8"}
    found = dombit.decode(dombit.to_bytes(model, step=3.7, all=True))
    changed = {name for name, array in model.items() if found[name].tobytes() != array.tobytes()}
    assert changed == {"w", "bias", "row", "n", "f8"}


def test_progress_is_told() -> None:
    """Encoding and decoding tell how far they are, up to the number of tensors."""
    model = {"w": WEIGHTS, "n": np.arange(9), "z": np.zeros(3)}
    told: list[tuple[str, int, int]] = []
    data = dombit.to_bytes(model, progress=lambda *event: told.append(event))
    assert told and {word for word, _, _ in told} == {"encoding"}
    assert {total for _, _, total in told} == {3}
    del told[:]
    dombit.decode(data, progress=lambda *event: told.append(event))
    assert told[-1] == ("decoding", 3, 3)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_no_tensors_and_no_elements() -> None:
    """A model without tensors, and tensors without elements, are models."""
    assert dombit.decode(dombit.to_bytes({})) == {}
    model = {"e": np.zeros((0, 3), np.float32), "s": np.float64(2.5), "one": np.zeros((1, 1, 1))}
    found = dombit.decode(dombit.to_bytes(model, snr=20))
    assert {name: (array.shape, array.tobytes()) for name, array in found.items()} == {
        name: (np.shape(array), np.asarray(array).tobytes()) for name, array in model.items()
    }
