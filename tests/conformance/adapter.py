"""The one door between the suite's tests and the package `dombit`."""

from __future__ import annotations

Decoded = dict[str, tuple[str, tuple[int, ...], bytes]]


def decode_with_dombit(data: bytes) -> tuple[Decoded, bytes]:
    """Decode a stream with the package.

    Returns name -> (dtype name, shape, canonical bytes) of every tensor that is not hidden,
    and the model digest (32 bytes). Raises dombit.errors.DombitError as the package does.
    """
    from dombit.api import inspect
    from dombit.trace import no_trace

    model = inspect(data, no_trace)
    model.check_files()
    tensors = {
        tensor.name: (tensor.dtype.name, tuple(tensor.shape), bytes(model.data(number)))
        for number, tensor in enumerate(model.structure.tensors)
        if not tensor.hidden
    }
    return tensors, model.model_digest
