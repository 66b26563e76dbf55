"""Streams: decode one with the roots that the caller holds (below api)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dombit.bitstream.reader import UnitReader
from dombit.decoded import DecodedModel
from dombit.decoder import decode_units
from dombit.engines import Engine, kernels_of
from dombit.files import Source, memory_errors, reading_chunks, size_of
from dombit.held import FindRoot
from dombit.kernels import Kernels
from dombit.limits import GIB, Limits, default_limits
from dombit.prediction.root import Root
from dombit.progress import Progress
from dombit.records import Unit
from dombit.roots import Roots, bytes_of
from dombit.trace import Trace, no_trace


@memory_errors("decoding the stream")
def decode_stream(
    stream: Source,
    limits: Limits | None = None,
    *,
    trace: Trace = no_trace,
    check_digests: bool = True,
    progress: Progress | None = None,
    engine: Engine = "auto",
    jobs: int | None = None,
    roots: Sequence[Any] = (),
    files: bool = False,
) -> DecodedModel:
    """Decode a stream to its tensors and its skeleton.

    `roots`: models and streams among which the root of a DoM is looked for, by digest. `files`:
    its files are wanted, so a root that lacks what they need is refused.
    """
    return decoded_by(
        kernels_of(engine, jobs),
        stream,
        limits,
        roots,
        trace=trace,
        check_digests=check_digests,
        progress=progress,
        files=files,
    )


def decoded_by(
    kernels: Kernels,
    stream: Source,
    limits: Limits | None = None,
    roots: Sequence[Any] = (),
    *,
    trace: Trace = no_trace,
    check_digests: bool = True,
    progress: Progress | None = None,
    files: bool = False,
) -> DecodedModel:
    """Decode a stream with these loops; `files`: its files are wanted as well."""
    held = candidates(roots, limits, kernels, check_digests=check_digests)
    limits = limits or limits_of(stream, bytes_of(roots))
    return decode_units(
        units_of(stream, limits, trace),
        limits,
        trace,
        check_digests=check_digests,
        progress=progress,
        kernels=kernels,
        find_root=held.find,
        files=files,
    )


def candidates(
    roots: Sequence[Any], limits: Limits | None, kernels: Kernels, *, check_digests: bool
) -> Roots:
    """Return models that are opened when a stream asks for one; streams may need each other."""
    size = bytes_of(roots)

    def decode(stream: Source, find_root: FindRoot) -> DecodedModel:
        allowed = limits or limits_of(stream, size)
        return decode_units(
            units_of(stream, allowed),
            allowed,
            check_digests=check_digests,
            kernels=kernels,
            find_root=find_root,
        )

    return Roots(sources=roots, decode=decode)


def limits_of(stream: Source, held: int) -> Limits:
    """Return the limits of a stream that comes with roots of so many bytes."""
    return default_limits((size_of(stream) or GIB // 1024) + held)


def root_of(root: Any, roots: Sequence[Any], kernels: Kernels) -> Root:
    """Return a model or a stream as the root of a DoM, its digest known."""
    return candidates((root, *roots), None, kernels, check_digests=True).first()


def units_of(stream: Source, limits: Limits, trace: Trace = no_trace) -> Iterator[Unit]:
    """Yield the units of a stream as they arrive, checked for order and integrity."""
    reader = UnitReader(limits, trace)
    for chunk in reading_chunks(stream):
        reader.feed(chunk)
        yield from reader.units()
    reader.finish()
    yield from reader.units()
