"""Signature: the first twelve bytes of every stream (chapter 3)."""

from __future__ import annotations

from dombit.errors import fail

SIGNATURE = b"\x89dombit\r\n\x1a\n\x00"


def check_signature(seen: bytes | memoryview) -> None:
    """Refuse (not-dombit) bytes that no stream begins with; fewer than twelve are looked at too."""
    start = bytes(seen[: len(SIGNATURE)])
    if start != SIGNATURE[: len(start)]:
        at = next(n for n, byte in enumerate(start) if byte != SIGNATURE[n])
        message = "no dombit signature"
        fail("not-dombit", "R-CON-047", message, stage="container", at=at, unit="signature")
