"""Rivals: what others make of the difference of two files (imports no dombit: peers run it)."""

from __future__ import annotations

import importlib
import importlib.util
import lzma
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Patterns = NDArray[Any]
"""The weights of a file, one unsigned integer each."""
INDEX_BYTES = 4
HAVE_ZSTD = importlib.util.find_spec("zstandard") is not None
FAST, STRONG = ("zstd -3", "zstd -19") if HAVE_ZSTD else ("zlib -6", "xz -6")
"""The two packers; zlib and xz stand in where zstandard is not installed, and are named so."""
PCO_LEVEL = 12
PATCH = "zstd -19 --patch-from"


def rivals_of(root: Path, model: Path, dtype: str) -> dict[str, int]:
    """Return the bytes that every rival here makes of a model whose root the receiver has.

    dtype: bfloat16 or float32 where both files have one layout; then they are compared weight by
    weight, and the header of a safetensors file is left out, in favour of the rivals.
    """
    sizes = {}
    if HAVE_ZSTD:
        sizes[PATCH] = patch_from(root.read_bytes(), model.read_bytes())
    if dtype:
        sizes |= rivals_by_weight(patterns_of(root, dtype), patterns_of(model, dtype), dtype)
    return sizes


def rivals_by_weight(old: Patterns, new: Patterns, dtype: str) -> dict[str, int]:
    """Return the bytes of every rival that needs both files in one layout."""
    different = old ^ new
    raw = different.tobytes()
    planes = different.view(np.uint8).reshape(-1, different.itemsize).T.tobytes()
    gaps, values = changes(old, new)
    listed = gap16(gaps).tobytes() + values.tobytes()
    sizes = {f"xor + {how}": pack(raw, how) for how in (FAST, STRONG)}
    sizes[f"xor, bytes apart + {STRONG}"] = pack(planes, STRONG)
    sizes |= {f"gap16 + {how}": pack(listed, how) for how in (FAST, STRONG)}
    sizes["index32 + value"] = values.size * (INDEX_BYTES + values.itemsize)
    if importlib.util.find_spec("pcodec"):
        sizes[f"integer difference + pcodec -{PCO_LEVEL}"] = pco(ordered(new) - ordered(old))
    if importlib.util.find_spec("zipnn"):
        sizes["xor + ZipNN"] = zipnn(raw, dtype)
    return sizes


# -------------------------------------------------------------------------------------- packers


def pack(data: bytes, how: str) -> int:
    """Return the bytes that a packer makes of data."""
    if how == "zlib -6":
        return len(zlib.compress(data, 6))
    if how == "xz -6":
        return len(lzma.compress(data, preset=6))
    level = int(how.rpartition("-")[2])
    return len(importlib.import_module("zstandard").ZstdCompressor(level=level).compress(data))


def patch_from(root: bytes, data: bytes) -> int:
    """Return the bytes of `zstd -19 --patch-from`: the root is the dictionary, all of it in reach.

    Its window has at most 2 ** 27 bytes, as with the command's default.
    """
    zstandard = importlib.import_module("zstandard")
    window = min(27, max(10, (len(root) + len(data)).bit_length()))
    parameters = zstandard.ZstdCompressionParameters.from_level(
        19, window_log=window, enable_ldm=True
    )
    prefix = zstandard.ZstdCompressionDict(root, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    packer = zstandard.ZstdCompressor(dict_data=prefix, compression_params=parameters)
    return len(packer.compress(data))


def pco(differences: Patterns) -> int:
    """Return the bytes of pcodec, as signed integers; raise ValueError if they do not come back."""
    pcodec = importlib.import_module("pcodec")
    signed = differences.view(np.dtype(f"i{differences.itemsize}"))
    config = pcodec.ChunkConfig(compression_level=PCO_LEVEL)
    stream = pcodec.standalone.simple_compress(signed, config)
    if not np.array_equal(pcodec.standalone.simple_decompress(stream), signed):
        raise ValueError("pcodec did not give its numbers back")
    return len(stream)


def zipnn(raw: bytes, dtype: str) -> int:
    """Return the bytes of ZipNN, which overwrites what it is given; raise ValueError as pco."""
    coder = importlib.import_module("zipnn").ZipNN(
        input_format="byte", bytearray_dtype=dtype, threads=1
    )
    stream = bytes(coder.compress(bytearray(raw)))
    if bytes(coder.decompress(stream)) != raw:
        raise ValueError("ZipNN did not give its bytes back")
    return len(stream)


# -------------------------------------------------------------------------------------- weights


def patterns_of(path: Path, dtype: str) -> Patterns:
    """Return the weights of a file as unsigned integers; of a safetensors file without header."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little") if path.suffix == ".safetensors" else 0
    kind = np.dtype("<u2" if dtype == "bfloat16" else "<u4")
    body = data[start:] + bytes((start - len(data)) % kind.itemsize)
    return np.frombuffer(body, kind)


def ordered(patterns: Patterns) -> Patterns:
    """Return integers that ascend as the floats of these patterns do."""
    number = patterns.dtype.type
    bits = 8 * patterns.itemsize
    negative = number(0) - (patterns >> number(bits - 1))
    out: Patterns = patterns ^ (negative | number(1 << bits - 1))
    return out


def changes(old: Patterns, new: Patterns) -> tuple[NDArray[np.int64], Patterns]:
    """Return how many unchanged weights lie before each changed one, and the new values."""
    places = np.flatnonzero(old != new)
    return np.diff(places, prepend=-1) - 1, new[places]


def gap16(gaps: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Return gaps as 16-bit words: 65 535 stands for as many weights, and the gap goes on."""
    more = gaps // 0xFFFF
    words = np.full(int((more + 1).sum()), 0xFFFF, np.uint16)
    words[np.cumsum(more + 1) - 1] = gaps % 0xFFFF
    return words
