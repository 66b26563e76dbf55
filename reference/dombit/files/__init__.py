"""Files: the only door to the outside; below it there are buffers, above it there are paths."""

from __future__ import annotations

from dombit.files.failures import io_errors, memory_errors
from dombit.files.reading import (
    RangeReader,
    Source,
    is_path,
    load_source,
    map_file,
    reading_chunks,
    size_of,
)
from dombit.files.writing import Outputs, atomic_output

__all__ = [
    "Outputs",
    "RangeReader",
    "Source",
    "atomic_output",
    "io_errors",
    "is_path",
    "load_source",
    "map_file",
    "memory_errors",
    "reading_chunks",
    "size_of",
]
