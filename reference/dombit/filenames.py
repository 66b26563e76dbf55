"""File names: which relative names a source or a stream may give to a file (chapter 8)."""

from __future__ import annotations

import re

MAX_NAME = 4096
"""Bytes of a name."""
ODD = re.compile("[\x00-\x1f\x7f-\x9f\\\\:]")
"""Characters that lead out of the folder on some system, or mislead a reader."""


def is_file_name(name: str) -> bool:
    """Return whether a name is UTF-8, stays below its folder, and has no odd characters.

    Components are joined by "/"; none is empty, "." or "..".
    """
    try:
        size = len(name.encode())
    except UnicodeEncodeError:  # a lone surrogate
        return False
    parts = set(name.split("/"))
    return size <= MAX_NAME and not ODD.search(name) and not parts & {"", ".", ".."}
