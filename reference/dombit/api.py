"""API: encode, decode, open, verify: what programs call."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal, overload

from dombit.access import StreamFile
from dombit.decoded import DecodedModel
from dombit.encoder import encode_model
from dombit.engines import Engine, kernels_of, notes_of
from dombit.errors import UsageError
from dombit.files import Source, atomic_output, memory_errors
from dombit.limits import Limits
from dombit.models.arrays import to_numpy, to_torch
from dombit.progress import Progress
from dombit.recipe import Mode, Recipe
from dombit.records import Tensor
from dombit.reports import DecodeReport, EncodeReport
from dombit.sources import Model, load_model
from dombit.streams import candidates, decode_stream, decoded_by, root_of, units_of
from dombit.targets import wants_files, write_model
from dombit.trace import Trace

__all__ = [
    "decode",
    "decode_stream",
    "encode",
    "inspect",
    "load_file",
    "open",
    "save_file",
    "to_bytes",
    "to_framework",
    "units_of",
    "verify",
]
Framework = Literal["np", "pt"]


def encode(
    model: Model,
    out: Any,
    *,
    lossless: bool | None = None,
    step: float | None = None,
    snr: float | None = None,
    bits: float | None = None,
    all: bool = False,  # noqa: A002 - the command's word
    offset: float = 0.4,
    metadata: Mapping[str, str] | None = None,
    level: int = 1,
    index: bool = True,
    deflate: bool = True,
    pack: bool | None = None,
    tensor_digests: bool | None = None,
    engine: Engine = "auto",
    jobs: int | None = None,
    force: bool = False,
    progress: Progress | None = None,
    root: Any | None = None,
    roots: Sequence[Any] = (),
) -> EncodeReport:
    """Encode a model into a stream; with `root` as the difference from it.

    `root`: a model as `model` may be, or a stream; if that is a difference itself, `roots` are
    the models that it may come from.

    `model`: a path, a dict of arrays or tensors, an onnx.ModelProto or a torch module. `out`: a
    path or a writable binary file. Name one rate: `step` (quantiser step), `snr` (dB over all
    quantised tensors) or `bits` (per weight, of the whole file); none means lossless.

    `pack`: put all units into one where that takes at most 64 KiB (None: a difference that
    inherits its root's structure); such a stream has no index and is read as a whole.
    Raises BadSource, UsageError, MissingExtra, IoFailure.
    """
    begin = time.perf_counter()
    recipe = _recipe(
        lossless, step, snr, bits,
        all_tensors=all, offset=offset, level=level, index=index, deflate=deflate,
        pack=pack, tensor_digests=tensor_digests, metadata=dict(metadata or {}),
    )  # fmt: skip
    kernels = kernels_of(engine, jobs)
    with atomic_output(out, force=force) as output:
        held = None if root is None else root_of(root, roots, kernels)
        loaded = load_model(model, raw=recipe.mode != "lossless")
        encoded = encode_model(loaded, recipe, progress, kernels, held)
        for chunk in encoded.chunks:
            output.write(chunk)
    return EncodeReport(
        bytes=sum(encoded.parts.values()),
        weights=encoded.weights,
        bits_per_weight=encoded.bits_per_weight(),
        step=encoded.step,
        snr_db=encoded.snr_db,
        seconds=time.perf_counter() - begin,
        model_digest=encoded.model_digest.hex(),
        source_digest=encoded.source_digest.hex(),
        notes=(*notes_of(kernels), *encoded.all_notes()),
    )


def _recipe(
    lossless: bool | None,
    step: float | None,
    snr: float | None,
    bits: float | None,
    **others: Any,
) -> Recipe:
    """Return the recipe of one rate; raise UsageError for none of sense, or several."""
    rates: dict[Mode, float | None] = {"step": step, "snr": snr, "bits": bits}
    named: dict[Mode, float] = {mode: rate for mode, rate in rates.items() if rate is not None}
    if len(named) + bool(lossless) > 1:
        raise UsageError("name one of lossless, step, snr and bits")
    if lossless is False and not named:
        raise UsageError("lossless is off, but no rate is named", hint="give step, snr or bits")
    if others["level"] not in (1, 2):
        raise UsageError("level is 1 or 2")
    if not 0.0 <= others["offset"] < 1.0:
        raise UsageError("offset lies between 0 and 1")
    if not named:
        return Recipe(**others)
    mode, value = next(iter(named.items()))
    if not 0.0 < value < float("inf"):
        raise UsageError(f"{mode} must be a positive number")
    return Recipe(mode=mode, value=float(value), **others)


# ---------------------------------------------------------------------------------------- decoding


@overload
def decode(
    stream: Source,
    out: None = None,
    *,
    force: bool = False,
    limits: Limits | None = None,
    progress: Progress | None = None,
    framework: Framework = "np",
    engine: Engine = "auto",
    jobs: int | None = None,
    roots: Sequence[Any] = (),
) -> dict[str, Any]: ...
@overload
def decode(
    stream: Source,
    out: Any,
    *,
    force: bool = False,
    limits: Limits | None = None,
    progress: Progress | None = None,
    framework: Framework = "np",
    engine: Engine = "auto",
    jobs: int | None = None,
    roots: Sequence[Any] = (),
) -> DecodeReport: ...
@memory_errors("decoding the stream")
def decode(
    stream: Source,
    out: Any | None = None,
    *,
    force: bool = False,
    limits: Limits | None = None,
    progress: Progress | None = None,
    framework: Framework = "np",
    engine: Engine = "auto",
    jobs: int | None = None,
    roots: Sequence[Any] = (),
) -> dict[str, Any] | DecodeReport:
    """Decode a stream: to a file, or to a dict of arrays where `out` is None.

    `roots`: models and streams among which the root of a difference is looked for, by digest.

    `stream`: a path, a readable binary file (a pipe too) or bytes. The suffix of `out` names the
    container; the model's own one gives its files back as they were. Nothing gets its name
    before all digests are checked, those of the model's own files too. Raises DombitError,
    UsageError, MissingExtra, IoFailure.
    """
    begin = time.perf_counter()
    kernels = kernels_of(engine, jobs)
    files = out is not None and wants_files(out)
    decoded = decoded_by(kernels, stream, limits, roots, progress=progress, files=files)
    if out is None:
        tensors = decoded.structure.tensors
        return {
            tensors[number].name: to_framework(tensors[number], decoded.data(number), framework)
            for number in decoded.structure.visible
        }
    lost = write_model(decoded, out, force=force)
    return _report(decoded, begin, (*notes_of(kernels), *lost))


@memory_errors("decoding the stream")
def verify(
    stream: Source,
    *,
    limits: Limits | None = None,
    progress: Progress | None = None,
    roots: Sequence[Any] = (),
) -> DecodeReport:
    """Decode a stream, check every digest, and write nothing."""
    begin = time.perf_counter()
    kernels = kernels_of("auto")
    decoded = decoded_by(kernels, stream, limits, roots, progress=progress, files=True)
    decoded.check_files()
    return _report(decoded, begin, notes_of(kernels))


def inspect(stream: Source, trace: Trace, *, limits: Limits | None = None) -> DecodedModel:
    """Decode a stream and tell `trace` of every field, up to the first fault."""
    return decode_stream(stream, limits, trace=trace)


def to_framework(tensor: Tensor, data: Any, framework: Framework) -> Any:
    """Return a tensor as a NumPy array or a torch tensor, of its own: not the root's memory."""
    if not data.flags.writeable:
        data = data.copy()
    if framework == "pt":
        return to_torch(tensor, data)
    if framework == "np":
        return to_numpy(tensor, data)
    raise UsageError(f"framework is 'np' or 'pt', not {framework!r}")


def _report(decoded: DecodedModel, begin: float, notes: tuple[str, ...]) -> DecodeReport:
    return DecodeReport(
        seconds=time.perf_counter() - begin,
        model_digest=decoded.model_digest.hex(),
        ok=True,
        tensors=len(decoded.structure.visible),
        notes=notes,
    )


# ------------------------------------------------------------------- the habits of safetensors


def open(  # noqa: A001 - its name
    stream: Source,
    framework: Framework = "np",
    *,
    engine: Engine = "numpy",
    jobs: int = 1,
    roots: Sequence[Any] = (),
) -> StreamFile:
    """Open a stream for reading single tensors, as safetensors.safe_open does.

    `roots` as in decode; they are looked at when the first tensor is read, or at once where the
    stream inherits its tensors.
    """
    kernels = kernels_of(engine, jobs)
    return StreamFile(
        stream,
        lambda tensor, data: to_framework(tensor, data, framework),
        kernels,
        candidates(roots, None, kernels, check_digests=True).find,
    )


def save_file(
    tensors: Mapping[str, Any],
    filename: Any,
    metadata: Mapping[str, str] | None = None,
    **settings: Any,
) -> None:
    """Write a dict of arrays or tensors, lossless unless a rate is named; replaces the file."""
    encode(tensors, filename, metadata=metadata, force=True, **settings)


def load_file(filename: Source, framework: Framework = "np") -> dict[str, Any]:
    """Read all tensors of a stream."""
    return decode(filename, framework=framework)


def to_bytes(model: Model, **settings: Any) -> bytes:
    """Encode a model and return the stream."""
    out = io.BytesIO()
    encode(model, out, **settings)
    return out.getvalue()
