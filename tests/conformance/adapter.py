"""The one door between the suite's tests and the package `dombit`."""

from __future__ import annotations

from collections.abc import Sequence

Decoded = dict[str, tuple[str, tuple[int, ...], bytes]]


def decode_with_dombit(
    data: bytes, engine: str = "auto", roots: Sequence[bytes] = ()
) -> tuple[Decoded, bytes]:
    """Decode a stream with the package; `engine` is auto, numpy or numba, `roots` are streams.

    Returns name -> (dtype name, shape, canonical bytes) of every tensor that is not hidden,
    and the model digest (32 bytes). Raises dombit.errors.DombitError as the package does.
    """
    from dombit.api import decode_stream

    more = {"roots": list(roots)} if roots else {}
    model = decode_stream(data, engine=engine, files=True, **more)  # type: ignore[arg-type]
    model.check_files()
    tensors = {
        tensor.name: (tensor.dtype.name, tuple(tensor.shape), bytes(model.data(number)))
        for number, tensor in enumerate(model.structure.tensors)
        if not tensor.hidden
    }
    return tensors, model.model_digest
