"""Targets: a decoded model as the files that a caller asks for (below api, above files)."""

from __future__ import annotations

import hashlib
import os
from functools import partial
from pathlib import Path
from typing import Any

from dombit import identity
from dombit.decoded import DecodedModel
from dombit.errors import UsageError
from dombit.files import atomic_output, is_path
from dombit.models import npz, safetensors, torchsave
from dombit.models.carrier import fill
from dombit.records import Skeleton

CARRIER_SUFFIXES = {
    1: (".onnx",),
    2: (".safetensors", ".json"),
    3: (".pt", ".pth", ".ckpt", ".bin"),
}
"""Names that fit the files of a skeleton; a carrier of 0 fits the suffix of its main file."""


CONVERTIBLE = (".safetensors", ".npz", *CARRIER_SUFFIXES[3])
"""Files that hold the tensors of any model."""


def wants_files(out: Any) -> bool:
    """Whether an output can be nothing but a model's own file."""
    return (Path(out).suffix.lower() if is_path(out) else "") not in CONVERTIBLE


def write_model(decoded: DecodedModel, out: Any, *, force: bool = False) -> tuple[str, ...]:
    """Write a decoded model: its own files where the name fits them, else its tensors.

    Returns notes on what the output has no place for. Raises UsageError where the model cannot
    become such a file.
    """
    suffix = Path(out).suffix.lower() if is_path(out) else ""
    skeleton = decoded.skeleton
    own = skeleton is not None and (not suffix or suffix in own_suffixes(skeleton))
    with atomic_output(out, force=force) as outputs:
        if own and skeleton is not None:
            for number in range(1, len(skeleton.files)):
                beside = outputs.beside(skeleton.files[number].name)
                _copy(decoded, skeleton, number, beside)
            _copy(decoded, skeleton, 0, outputs)
        else:
            if not decoded.lacks_skeleton:
                decoded.check_files()
            convert(decoded, suffix, outputs)
    return () if own else lost(decoded, suffix)


def lost(decoded: DecodedModel, suffix: str) -> tuple[str, ...]:
    """Return notes on what of a model another container does not hold."""
    notes, kind = [], suffix.removeprefix(".")
    if decoded.skeleton is not None:
        source = decoded.skeleton.files[0].name
        notes.append(f"the model came as {source!r}: of it the .{kind} file holds the tensors only")
    if decoded.lacks_skeleton:
        notes.append(f"the root given lacks the model's files: the .{kind} file holds tensors only")
    if decoded.metadata and suffix != ".safetensors":
        notes.append(f"a .{kind} file has no place for the metadata ({len(decoded.metadata)})")
    tensors = decoded.structure.tensors
    narrow = [tensors[n].name for n in decoded.structure.visible if tensors[n].dtype.bits < 8]
    if narrow and suffix in CARRIER_SUFFIXES[3]:
        more = f" and {len(narrow) - 1} more" if len(narrow) > 1 else ""
        notes.append(f"elements narrower than a byte take one each: {narrow[0]!r}{more}")
    return tuple(notes)


def own_suffixes(skeleton: Skeleton) -> tuple[str, ...]:
    """Return the file name suffixes that go with a skeleton's own files."""
    main = os.path.splitext(skeleton.files[0].name)[1].lower()  # noqa: PTH122 - no path, a name
    return (*CARRIER_SUFFIXES.get(skeleton.carrier, ()), main)


def _copy(decoded: DecodedModel, skeleton: Skeleton, number: int, output: Any) -> None:
    """Write one file of a skeleton, and compare its digest before it gets its name."""
    hasher = hashlib.sha256()
    file = skeleton.files[number]
    for chunk in fill(skeleton, number, decoded.data, decoded.structure.tensors):
        hasher.update(chunk)
        output.write(chunk)
    if file.sha256:
        identity.check_file(hasher.digest(), file.sha256, file.name)


def convert(decoded: DecodedModel, suffix: str, output: Any) -> None:
    """Write another container that holds the same tensors."""
    tensors = decoded.structure.tensors
    if suffix == ".safetensors":
        entries = [
            (tensor.name, tensor.dtype, tensor.shape, partial(decoded.data, number))
            for number, tensor in enumerate(tensors)
            if not tensor.hidden
        ]
        for chunk in safetensors.write(entries, decoded.metadata):
            output.write(chunk)
    elif suffix == ".npz":
        npz.write(tensors, decoded.data, output)
    elif suffix in CARRIER_SUFFIXES[3]:
        torchsave.write(tensors, decoded.data, output)
    else:
        raise UsageError(
            f"this model cannot become a {suffix or 'file without suffix'}",
            hint="name a .safetensors, .npz or .pt file" + own_hint(decoded.skeleton),
        )


def own_hint(skeleton: Skeleton | None) -> str:
    """Return a hint at the container that the model came in."""
    return f", or {own_suffixes(skeleton)[-1]} for the file it was" if skeleton else ""
