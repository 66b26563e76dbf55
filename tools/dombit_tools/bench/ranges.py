"""Ranges: what `dombit.open` reads of a large stream, the index, small tensors, equal bytes."""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dombit import api
from dombit_tools.bench.findings import Finding
from dombit_tools.bench.materials import many_tensors, random_bits, tiny_tensors
from dombit_tools.bench.session import SNR, Session

KIB = 1 << 10
TAIL = 1
"""The first read, which does not count: it finds the index."""


class CountingFile(io.FileIO):
    """A file that counts the reads and the bytes that are asked of it."""

    reads = 0
    bytes_read = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, and count."""
        data = super().read(-1 if size is None else size) or b""
        self.reads += 1
        self.bytes_read += len(data)
        return data

    def readinto(self, buffer: Any, /) -> int | None:
        """Read into a buffer, and count."""
        size = super().readinto(buffer)
        self.reads += 1
        self.bytes_read += size or 0
        return size


def measure(session: Session) -> Iterator[Finding]:
    """Yield the findings that need no peer."""
    yield open_large(session)
    yield open_many(session)
    yield small_tensors(session)
    yield equal_bytes(session)


def open_large(session: Session) -> Finding:
    """Open a stream of 100 MB, list its names, and read each of its small tensors by itself."""
    path = session.temporary("large.dombit")
    tensors = many_tensors()
    size = api.encode(tensors, path, force=True).bytes
    small = [name for name, array in tensors.items() if array.nbytes < 64 * KIB]
    counts = [one_tensor(path, name) for name in small]
    reads = max(count[0] for count in counts) - TAIL
    most = max(count[1] for count in counts)
    return Finding(
        figure=f"open {size / 1e6:.0f} MB, {len(tensors)} tensors: keys() and a small tensor",
        value=f"{reads} reads beside the tail, {most / KIB:.0f} KiB (most of {len(small)})",
        target="≤ 3, ≤ 256 KiB",
        met=size >= 1e8 and reads <= 3 and most <= 256 * KIB,
        numbers={"bytes": size, "reads": reads, "most": most, "each": counts},
        command=session.command("ranges"),
    )


def one_tensor(path: str, name: str) -> tuple[int, int]:
    """Return reads and bytes for the names and one tensor."""
    with CountingFile(path) as file, api.open(file) as stream:
        stream.keys()
        stream.get_tensor(name)
        return file.reads, file.bytes_read


def open_many(session: Session) -> Finding:
    """Open a stream of 10 000 tensors."""
    path = session.temporary("many.dombit")
    api.encode(tiny_tensors(10_000), path, force=True)
    seconds = []
    for _ in range(max(5, session.settings.repeat)):
        begin = time.perf_counter()
        with api.open(path) as stream:
            assert_all(len(stream.keys()) == 10_000)
        seconds.append(time.perf_counter() - begin)
    median = statistics.median(seconds)
    return Finding(
        figure="open a stream of 10 000 tensors: index, structure, names",
        value=f"{1000 * median:.1f} ms",
        target="< 50 ms",
        met=median < 0.05,
        numbers={"seconds": seconds},
        command=session.command("ranges"),
    )


def assert_all(right: bool) -> None:
    """Stop the bench where a stream says something wrong."""
    if not right:
        raise RuntimeError("the stream does not list what was put in")


def small_tensors(session: Session) -> Finding:
    """Encode 200 tensors of 64 fp32 elements of random bits."""
    tensors = random_bits(200)
    raw = sum(array.nbytes for array in tensors.values())
    size = api.encode(tensors, Path(session.temporary("bits.dombit")), force=True).bytes
    bound = 1.01 * raw + 512
    return Finding(
        figure="200 tensors of 64 fp32 of random bits, lossless",
        value=f"{size:,} bytes",
        target=f"≤ 1.01 x {raw:,} + 512 = {bound:,.0f}",
        met=size <= bound,
        numbers={"bytes": size, "raw": raw},
        command=session.command("ranges"),
    )


def equal_bytes(session: Session) -> Finding:
    """Encode the first model with NumPy, again, and with numba; decode with both."""
    found: dict[str, list[str]] = {}
    out = session.temporary("equal.dombit")
    model, ours = str(session.source()), session.ours
    for rate, options in (("lossless", {}), (f"--snr {SNR}", {"snr": SNR})):
        streams = [
            ours.ask("encode", model=model, out=out, engine=engine, rate=options)["sha256"]
            for engine in ("numpy", "numpy", "numba")
        ]
        digests = [
            ours.ask("decode", stream=out, engine=engine, digests=True)["model_digest"]
            for engine in ("numpy", "numba")
        ]
        found[rate] = [*streams, *digests]
    equal = all(len(set(each[:3])) == 1 and each[3] == each[4] for each in found.values())
    return Finding(
        figure=f"{session.settings.models[0]}: bytes from NumPy twice and from numba, digests",
        value="equal" if equal else "DIFFERENT",
        target="equal",
        met=equal,
        numbers=found,
        command=session.command("ranges"),
    )
