"""Names: which names that a model or a stream gives may become files."""

from __future__ import annotations

from pathlib import Path

from dombit.errors import IoFailure


def is_inside(name: str) -> bool:
    """Whether a relative name stays inside its folder: components joined by "/", no tricks.

    A backslash or a colon leads out on some system, a control character misleads a reader.
    """
    return (
        not any(part in ("", ".", "..") for part in name.split("/"))
        and not any(character in "\\:" for character in name)
        and all(ord(character) >= 32 and not 127 <= ord(character) < 160 for character in name)
    )


def inside(folder: Path, name: str) -> Path:
    """Return the path of a name below a folder; IoFailure where it, or a link, leads out."""
    path = folder / name
    if not is_inside(name):
        raise IoFailure(f"the stream names the file {name!r} outside the folder of the output")
    if not path.parent.resolve().is_relative_to(folder.resolve()):
        hint = "a part of the path is a link; write into an empty folder"
        raise IoFailure(f"the file {name!r} would leave {folder}", hint=hint)
    return path
