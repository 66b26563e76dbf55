"""Raw data: ONNX files whose varints become raw_data, so that their tensors can be lossy."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dombit
from dombit.cli import main
from dombit.models import onnx as carrier
from dombit.records import HOLE, ModelFile

onnx = pytest.importorskip("onnx")
helper, Kind = onnx.helper, onnx.TensorProto
RANDOM = np.random.default_rng(53)
WEIGHTS = RANDOM.normal(0, 0.5, (40, 30)).astype(np.float16)


def typed(name: str, kind: int, values: np.ndarray) -> Any:
    """Return a TensorProto whose values stand in a typed field, as make_tensor writes them."""
    proto = helper.make_tensor(name, kind, values.shape, values.reshape(-1))
    assert not proto.HasField("raw_data")
    return proto


def in_raw(values: np.ndarray, name: str) -> Any:
    """Return a TensorProto with raw_data."""
    return onnx.numpy_helper.from_array(values, name)


def graph_model() -> Any:
    """Return a model with typed tensors: fp16 weights, and a shape in a Constant."""
    float16, shape = Kind.FLOAT16, typed("s", Kind.INT64, np.array([-1, 5, 6], np.int64))
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["y"]),
        helper.make_node("MatMul", ["y", "v"], ["u"]),
        helper.make_node("Constant", [], ["shape"], value=shape),
        helper.make_node("Reshape", ["u", "shape"], ["z"]),
    ]
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info("x", float16, [2, 40])],
        [helper.make_tensor_value_info("z", float16, [2, 5, 6])],
        [typed("w", float16, WEIGHTS), in_raw(WEIGHTS[:30] / 4, "v")],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def both(model: Any) -> tuple[ModelFile, ModelFile]:
    """Return a model as its file has it, and with raw_data."""
    data = model.SerializeToString()
    plain, raw = (carrier.read({"m.onnx": data}, "m.onnx", raw=raw) for raw in (False, True))
    return plain, raw


def file_of(model: ModelFile) -> bytes:
    """Return the file that a model's skeleton and tensors give."""
    assert model.skeleton is not None
    give = carrier.carrier.bytes_of(model.tensors)
    return b"".join(map(bytes, carrier.carrier.fill(model.skeleton, 0, give, model.tensors)))


def as_raw(model: Any) -> Any:
    """Return a copy whose initializers and Constants have raw_data, as the onnx package does it."""
    copy = onnx.ModelProto.FromString(model.SerializeToString())
    protos = [*copy.graph.initializer]
    protos += [each.t for node in copy.graph.node for each in node.attribute if each.HasField("t")]
    for proto in protos:
        proto.CopyFrom(in_raw(onnx.numpy_helper.to_array(proto), proto.name))
    return copy


def test_nothing_else_changes() -> None:
    """The file is the message that the onnx package makes of it when values become raw_data."""
    model = graph_model()
    plain, raw = both(model)
    assert len(plain.pinned) == 2 and not raw.pinned
    assert raw.exact is not None and file_of(raw.exact) == model.SerializeToString()
    assert onnx.ModelProto.FromString(file_of(raw)) == as_raw(model)
    assert [each.name for each in raw.tensors] == [each.name for each in plain.tensors]
    for one, other in zip(raw.tensors, plain.tensors, strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert np.array_equal(one.data, other.data)  # type: ignore[arg-type]


def test_every_byte_of_a_tensor_stands_once() -> None:
    """All tensors are holes: what is coded is not carried by the skeleton as well."""
    _, raw = both(graph_model())
    assert raw.skeleton is not None
    (file,) = raw.skeleton.files
    assert file.length[file.kind == HOLE].sum() == sum(each.byte_size for each in raw.tensors)


def test_deep_in_other_messages() -> None:
    """Subgraphs, functions and sparse tensors around a tensor get their new lengths."""
    small = np.arange(130, dtype=np.int64).reshape(65, 2)  # raw_data needs a longer length
    inner = helper.make_graph(
        [helper.make_node("Constant", [], ["c"], value=typed("t", Kind.INT64, small))],
        "inner", [], [helper.make_tensor_value_info("c", Kind.INT64, [65, 2])],
        [typed("i", Kind.INT32, np.array([[7, -9]], np.int32))],
    )  # fmt: skip
    branch = helper.make_node("If", ["b"], ["r"], then_branch=inner, else_branch=inner)
    part = helper.make_node("Constant", [], ["k"], value=typed("k", Kind.BOOL, np.eye(3) > 0))
    function = helper.make_function("d", "f", [], ["k"], [part], [helper.make_opsetid("", 17)])
    graph = helper.make_graph([branch], "g", [], [])
    model = helper.make_model(graph, functions=[function])
    plain, raw = both(model)
    assert len(plain.pinned) == 5 and not raw.pinned
    found = onnx.ModelProto.FromString(file_of(raw))
    (node,) = found.graph.node
    for attribute in node.attribute:
        (constant,) = attribute.g.node[0].attribute
        assert np.array_equal(onnx.numpy_helper.to_array(constant.t), small)
        assert onnx.numpy_helper.to_array(attribute.g.initializer[0]).tolist() == [[7, -9]]
    (constant,) = found.functions[0].node[0].attribute
    assert np.array_equal(onnx.numpy_helper.to_array(constant.t), np.eye(3) > 0)


def test_every_data_type() -> None:
    """The onnx package reads the same values from raw_data, in all types that varints can hold."""
    kinds = Kind.DataType.items()
    done = 0
    for label, kind in kinds:
        if label in {"UNDEFINED", "STRING"}:
            continue
        dtype = helper.tensor_dtype_to_np_dtype(kind)
        values = np.array([1, 0, 1, 1, 0], dtype).reshape(5, 1)
        graph = helper.make_graph([], "g", [], [], [helper.make_tensor("w", kind, (5, 1), values)])
        plain, raw = both(helper.make_model(graph))
        assert not raw.pinned, label
        found = onnx.ModelProto.FromString(file_of(raw)).graph.initializer[0]
        assert found.HasField("raw_data") == bool(plain.pinned), label
        assert onnx.numpy_helper.to_array(found).tobytes() == values.tobytes(), label
        done += len(plain.pinned)
    assert done >= 15


def answers(path: Path) -> list[Any]:
    """Run a model in ONNX Runtime."""
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    x = np.linspace(-1, 1, 80, dtype=np.float16).reshape(2, 40)
    found: list[Any] = session.run(None, {"x": x})
    return found


@pytest.mark.parametrize("rate", ["--snr", "--step"])
def test_typed_weights_are_lossy(rate: str, tmp_path: Path) -> None:
    """fp16 weights in int32_data lose what others lose, and ONNX Runtime loads what comes back."""
    source, stream, back = (tmp_path / name for name in ("m.onnx", "m.dombit", "back.onnx"))
    onnx.save(graph_model(), source)
    value = "20" if rate == "--snr" else "0.1"
    assert main(["encode", str(source), "-o", str(stream), rate, value]) == 0
    assert main(["decode", str(stream), "-o", str(back)]) == 0
    onnx.checker.check_model(str(back))
    found = onnx.load(back).graph.initializer
    for before, proto in zip((WEIGHTS, WEIGHTS[:30] / 4), found, strict=True):
        after = onnx.numpy_helper.to_array(proto)
        assert after.dtype == before.dtype and 0.0 < np.abs(after - before).max() < 0.5
    for one, other in zip(answers(source), answers(back), strict=True):
        assert one.shape == other.shape and not np.array_equal(one, other)


def test_steps_so_small_that_nothing_is_lost(tmp_path: Path) -> None:
    """A model in another form, but with the same values, gives the same answers."""
    source, stream, back = (tmp_path / name for name in ("m.onnx", "m.dombit", "back.onnx"))
    onnx.save(graph_model(), source)
    report = dombit.encode(source, stream, step=2.0**-24)
    assert report.snr_db is not None and "raw_data" in report.notes[0]
    dombit.decode(stream, back)
    assert back.read_bytes() != source.read_bytes()
    for one, other in zip(answers(source), answers(back), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("rate", [{}, {"snr": 20.0}, {"bits": 4.0}])
def test_what_stays_lossless_comes_back_byte_for_byte(rate: dict[str, float]) -> None:
    """Without loss, asked for or because nothing can be quantised, the file is the one it was."""
    model = graph_model()
    if rate:
        for proto in model.graph.initializer:
            proto.CopyFrom(typed(proto.name, Kind.FLOAT16, np.full(WEIGHTS.shape, np.inf, "f2")))
    out, stream = io.BytesIO(), io.BytesIO()
    report = dombit.encode(model, stream, **rate)  # type: ignore[arg-type]
    assert report.snr_db is None and not any("raw_data" in note for note in report.notes)
    decoded = dombit.decode(stream.getvalue(), out)
    assert decoded.model_digest == report.source_digest
    assert out.getvalue() == model.SerializeToString()
