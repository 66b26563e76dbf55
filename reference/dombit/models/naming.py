"""Names: from what a source file calls a tensor to a legal, unique name (chapter 10)."""

from __future__ import annotations

import hashlib
import re

from dombit.filenames import ODD, is_file_name

MAX_KEPT = 4000
"""Bytes of a cleaned name that are kept before it is shortened."""
UNNAMED = "unnamed"
"""Stands for an empty name."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def clean(wanted: str | bytes) -> str:
    r"""Return a legal name: 1..4017 bytes of UTF-8 without control characters.

    Each byte that is not part of valid UTF-8, and each byte of a control character, becomes
    `\xNN`. A result beyond 4000 bytes is cut at a character and ends in `#` and the first 16
    hex digits of its SHA-256. An empty name becomes `unnamed`.
    """
    stored = wanted.encode("utf-8", "surrogatepass") if isinstance(wanted, str) else wanted
    text = _CONTROL.sub(_escaped, _decoded(stored))
    return _shortened(text) or UNNAMED


def _decoded(stored: bytes) -> str:
    try:
        return stored.decode("utf-8")
    except UnicodeDecodeError:
        parts = stored.decode("utf-8", "surrogateescape")
        return re.sub("[\udc80-\udcff]", lambda m: f"\\x{ord(m[0]) - 0xDC00:02X}", parts)


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"\\x{byte:02X}" for byte in match[0].encode())


def _shortened(text: str) -> str:
    stored = text.encode()
    if len(stored) <= MAX_KEPT:
        return text
    kept = stored[:MAX_KEPT].decode("utf-8", "ignore")
    return f"{kept}#{hashlib.sha256(stored).hexdigest()[:16]}"


class Namer:
    """The names of one model: gives each tensor a name of its own, in walk order."""

    def __init__(self) -> None:
        """Start with no name taken."""
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def give(self, wanted: str | bytes) -> str:
        """Return the cleaned name, made unique by `#n` (n from 2) where it is taken."""
        return self.unique(clean(wanted))

    def unique(self, cleaned: str) -> str:
        """Return a name that `clean` made, with `#n` where it is taken; it is taken from now on."""
        name = cleaned
        number = self._next.get(cleaned, 2)
        while name in self._taken:
            name = f"{cleaned}#{number}"
            number += 1
            self._next[cleaned] = number
        self._taken.add(name)
        return name


def main_file_name(path: str) -> str:
    """Return the skeleton's name of the main file: the last component, made legal."""
    last = path.rpartition("/")[2].encode("utf-8", "replace").decode()
    name = ODD.sub("_", last)
    return name if is_file_name(name) else "model"
