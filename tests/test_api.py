"""API: what encode, decode, open and their kin promise, on small models."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

import dombit
from dombit.api import decode_stream
from dombit.errors import DombitError, IoFailure, UsageError

RANDOM = np.random.default_rng(11)


def transformer(layers: int, size: int) -> dict[str, np.ndarray]:
    """Return tensors of random bits that are named as a transformer's."""
    names = [
        f"model.layers.{layer}.{part}"
        for layer in range(layers)
        for part in (
            "self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight",
            "self_attn.o_proj.weight", "mlp.gate_proj.weight", "mlp.up_proj.weight",
            "mlp.down_proj.weight", "input_layernorm.weight",
        )
    ]  # fmt: skip
    bits = RANDOM.integers(0, 1 << 32, (len(names), size), np.uint32)
    return {name: row.view(np.float32).copy() for name, row in zip(names, bits, strict=True)}


def synthetic(rows: int = 300, columns: int = 700) -> dict[str, np.ndarray]:
    """Return a model of about 200 000 weights with rows of different size."""
    scale = np.exp(RANDOM.normal(0, 0.5, (rows, 1)))
    return {
        "a.weight": (RANDOM.normal(0, 0.02, (rows, columns)) * scale).astype(np.float32),
        "a.bias": RANDOM.normal(0, 0.1, rows).astype(np.float32),
    }


def test_random_bits_cost_little_more_than_themselves() -> None:
    """200 tensors of 64 elements that nothing compresses: 1 % and 512 bytes more at most."""
    model = transformer(25, 64)
    assert len(model) == 200
    assert len(dombit.to_bytes(model)) <= 1.01 * 200 * 256 + 512


def test_never_above_raw_by_a_thousandth() -> None:
    """A large tensor of random bits costs a thousandth and 512 bytes more at most."""
    array = RANDOM.integers(0, 1 << 32, 1 << 18, np.uint32).view(np.float32)
    assert len(dombit.to_bytes({"w": array})) <= 1.001 * array.nbytes + 512


def test_a_constant_tensor_costs_little() -> None:
    """One more constant tensor beside others of its kind costs 32 bytes at most."""
    model = {f"layer.{n}.scale": np.full(1000, n, np.float32) for n in range(6)}
    more = {**model, "layer.6.scale": np.full((70, 80), 0.25, np.float32)}
    assert len(dombit.to_bytes(more)) - len(dombit.to_bytes(model)) <= 32


def test_a_duplicate_is_an_alias() -> None:
    """A tensor that repeats another costs no payload and comes back."""
    model = synthetic()
    twice = {**model, "tied": model["a.weight"].copy()}
    data = dombit.to_bytes(twice)
    assert len(data) - len(dombit.to_bytes(model)) < 100
    assert np.array_equal(dombit.decode(data)["tied"], model["a.weight"])


@pytest.mark.parametrize("target", [3.0, 6.0, 17.9, 30.0, 48.0])
def test_snr_is_met(target: float) -> None:
    """`snr` gives at least what is asked, and 0.05 dB more at most; the report is true."""
    model = synthetic()
    out = io.BytesIO()
    report = dombit.encode(model, out, snr=target)
    found = dombit.decode(out.getvalue())
    weights, decoded = (each["a.weight"].astype(np.float64) for each in (model, found))
    measured = 10 * np.log10((weights**2).sum() / ((weights - decoded) ** 2).sum())
    assert target <= measured <= target + 0.05
    assert report.snr_db == pytest.approx(measured)
    assert np.array_equal(found["a.bias"], model["a.bias"])
    assert report.model_digest != report.source_digest


@pytest.mark.parametrize("target", [1.0, 2.0, 3.5, 8.0])
def test_bits_are_met(target: float) -> None:
    """`bits` gives a whole file of at most so many bits a weight, and two percent less at most."""
    out = io.BytesIO()
    report = dombit.encode(synthetic(), out, bits=target)
    assert report.bytes == len(out.getvalue())
    assert 0.98 * target <= report.bits_per_weight <= target
    assert report.bits_per_weight == 8 * report.bytes / report.weights


def test_a_tensor_that_would_be_erased_gets_its_own_step() -> None:
    """A tensor far smaller than the others keeps 10 dB, and the report says so."""
    model = {**synthetic(), "tiny": RANDOM.normal(0, 1e-6, (40, 50)).astype(np.float32)}
    out = io.BytesIO()
    report = dombit.encode(model, out, snr=15)
    found = dombit.decode(out.getvalue())["tiny"]
    error = ((model["tiny"] - found).astype(np.float64) ** 2).sum()
    assert 10 * np.log10((model["tiny"].astype(np.float64) ** 2).sum() / error) >= 10
    assert any("tiny" in note for note in report.notes)
    assert 15 <= (report.snr_db or 0) <= 15.05


def test_not_finite_is_lossless() -> None:
    """A tensor with an infinity or NaN is kept as it is in lossy streams."""
    model = synthetic()
    model["b.weight"] = model["a.weight"].copy()
    model["b.weight"][3, 4] = np.inf
    found = dombit.decode(dombit.to_bytes(model, snr=10))
    assert np.array_equal(found["b.weight"], model["b.weight"])
    assert not np.array_equal(found["a.weight"], model["a.weight"])


def test_two_runs_give_the_same_bytes() -> None:
    """Nothing but input and settings is in a stream."""
    model = synthetic()
    assert dombit.to_bytes(model, snr=20) == dombit.to_bytes(model, snr=20)


def test_files_as_in_safetensors(tmp_path: Path) -> None:
    """save_file and load_file keep tensors and metadata."""
    model, path = synthetic(), tmp_path / "m.dombit"
    dombit.save_file(model, path, metadata={"made by": "a test"})
    back = dombit.load_file(path)
    assert list(back) == list(model)
    assert all(np.array_equal(back[name], model[name]) for name in model)
    with dombit.open(path) as stream:
        assert stream.metadata() == {"made by": "a test"}


def test_torch_comes_and_goes() -> None:
    """A module's state dict is a model, and framework="pt" gives tensors of torch."""
    torch = pytest.importorskip("torch")
    module = torch.nn.Sequential(torch.nn.Linear(8, 4), torch.nn.BatchNorm1d(4)).to(torch.bfloat16)
    back = dombit.decode(dombit.to_bytes(module), framework="pt")
    assert list(back) == list(module.state_dict())
    assert all(torch.equal(back[name], value) for name, value in module.state_dict().items())


@pytest.mark.parametrize(
    "settings",
    [
        {"snr": 20, "bits": 3}, {"lossless": True, "snr": 20}, {"lossless": False}, {"snr": -1},
        {"step": float("nan")}, {"level": 3}, {"engine": "abacus"}, {"jobs": 0}, {"offset": 1.5},
    ],
)  # fmt: skip
def test_contradictions_are_refused(settings: dict[str, object]) -> None:
    """Settings that make no sense together are usage errors."""
    with pytest.raises(UsageError):
        dombit.to_bytes(synthetic(3, 4), **settings)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    """Neither an object, a missing file nor a text becomes a stream, and nothing is written."""
    out = tmp_path / "out.dombit"
    with pytest.raises(UsageError):
        dombit.encode(object(), out)
    with pytest.raises(IoFailure):
        dombit.encode(tmp_path / "missing.onnx", out)
    text = tmp_path / "text.json"
    text.write_text(json.dumps({"a": 1}))
    with pytest.raises(dombit.BadSource):
        dombit.encode(text, out)
    assert [path.name for path in tmp_path.iterdir()] == ["text.json"]


def test_a_failing_decode_writes_nothing(tmp_path: Path) -> None:
    """Whatever is wrong with a stream, no file appears and an old one stays."""
    data = bytearray(dombit.to_bytes(synthetic(30, 40)))
    data[len(data) // 2] ^= 1
    out = tmp_path / "out.safetensors"
    out.write_bytes(b"old")
    with pytest.raises(DombitError):
        dombit.decode(bytes(data), out, force=True)
    assert out.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


def test_a_digest_may_be_left_unchecked() -> None:
    """Without digests decoding gives the same bytes."""
    data = dombit.to_bytes(synthetic(30, 40), snr=20)
    fast, checked = decode_stream(data, check_digests=False), decode_stream(data)
    assert np.array_equal(fast.data(0), checked.data(0)) and not fast.digests


def test_a_wrong_file_digest_stops_every_container(tmp_path: Path) -> None:
    """A stream whose file digest is wrong is not written, whatever container is asked for."""
    vector = Path(__file__).parents[1] / "conformance" / "vectors" / "skeleton" / "file_digest"
    for suffix in (".npz", ".safetensors"):
        with pytest.raises(DombitError) as verdict:
            dombit.decode(vector.with_suffix(".dombit"), tmp_path / f"x{suffix}")
        assert verdict.value.rule == "R-IDN-003"
    assert not list(tmp_path.iterdir())


def test_steps_of_very_different_size_share_a_segment() -> None:
    """What the encoder writes is decoded where tensors of one segment have other steps."""
    random = np.random.default_rng(0)
    model = {
        "big": random.standard_t(2, (300, 300)).astype(np.float32),
        "tiny": random.normal(0, 1e-6, (40, 50)).astype(np.float32),
        "huge": random.normal(0, 3e3, (60, 60)).astype(np.float32),
    }
    for target in range(6, 70, 4):
        assert list(dombit.decode(dombit.to_bytes(model, snr=target))) == list(model)
