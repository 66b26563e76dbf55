"""Names: which names that a model or a stream gives may become files."""

from __future__ import annotations

from pathlib import Path

from dombit.errors import IoFailure
from dombit.filenames import is_file_name


def inside(folder: Path, name: str) -> Path:
    """Return the path of a name below a folder; IoFailure where it, or a link, leads out."""
    path = folder / name
    if not is_file_name(name):
        raise IoFailure(f"the stream names the file {name!r} outside the folder of the output")
    if not path.parent.resolve().is_relative_to(folder.resolve()):
        hint = "a part of the path is a link; write into an empty folder"
        raise IoFailure(f"the file {name!r} would leave {folder}", hint=hint)
    return path
