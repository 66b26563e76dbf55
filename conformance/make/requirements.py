"""Which requirements of the text each vector meets or breaks."""

from __future__ import annotations

REQUIREMENTS: dict[str, tuple[str, ...]] = {}
