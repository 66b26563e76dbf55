"""Sources: whatever a caller calls a model, as a ModelFile (below api, above files)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dombit.errors import BadSource, UsageError
from dombit.files import is_path, load_source, map_file
from dombit.models import npz, onnx, safetensors
from dombit.models import torch as pytorch
from dombit.models.arrays import tensors_from_state_dict
from dombit.models.detect import HEAD, recognise
from dombit.records import Buffer, ModelFile

Model = Any
"""A path, a mapping of arrays or tensors, an onnx.ModelProto, or a torch.nn.Module."""

READERS = {
    "safetensors": safetensors.read,
    "safetensors-index": safetensors.read,
    "pt": pytorch.read,
}


def load_model(model: Model, *, raw: bool = False) -> ModelFile:
    """Return the tensors and the skeleton of a model.

    With `raw` an ONNX file may come back in another form: varints as raw_data. Raises BadSource for
    a file that is damaged or of no known format, IoFailure, MissingExtra.
    """
    if is_path(model):
        return read_files(*load_source(model), raw=raw)
    if isinstance(model, Mapping):
        return ModelFile(carrier=0, tensors=tensors_from_state_dict(model), skeleton=None)
    if hasattr(model, "SerializeToString") and hasattr(model, "graph"):
        return onnx.read({"model.onnx": model.SerializeToString()}, "model.onnx", raw=raw)
    if hasattr(model, "state_dict"):
        return load_model(model.state_dict())
    raise UsageError(
        f"cannot take a {type(model).__name__} for a model",
        hint="give a path, a dict of arrays or tensors, an onnx.ModelProto or a torch module",
    )


def is_stream(source: Any) -> bool:
    """Whether a source is a dombit stream: bytes, a file, or a path whose file begins like one."""
    if isinstance(source, bytes | bytearray | memoryview) or hasattr(source, "read"):
        return True
    if not is_path(source):
        return False
    path = Path(source)  # its own head will do: what lies beside a model is not looked for
    return recognise(path.name, bytes(map_file(path)[:HEAD])) == "dombit"


def read_files(files: Mapping[str, Buffer], main: str, *, raw: bool = False) -> ModelFile:
    """Read the files of a source model, by content first and name second."""
    head = bytes(memoryview(files[main])[:HEAD])
    found = recognise(main, head)
    if found == "onnx":
        return onnx.read(files, main, raw=raw)
    if found in READERS:
        return READERS[found](files, main)
    if found == "npz":
        arrays = npz.read(files[main])
        return ModelFile(carrier=0, tensors=tensors_from_state_dict(arrays), skeleton=None)
    if found == "dombit":
        raise BadSource(f"{main} is a dombit stream already", hint="decode it first")
    raise BadSource(
        f"{main} is no model that dombit knows",
        hint="it reads .onnx, .safetensors, .pt, .pth and .npz files",
    )
