"""What a caller lets a stream cost (chapter 16)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Upper bounds; a stream beyond one is limit-exceeded."""

    output_bytes: int | None = None
    """Bytes of all tensors, and of all files; None: 1 GiB, or 1024 times stream and roots."""
    tensors: int = 10**7
    units: int = 10**7
    inflated_bytes: int = 64 << 20
    rank: int = 32

    def output(self, stream_bytes: int) -> int:
        """Return the limit of output for a stream of this size, with the roots given."""
        default = max(1 << 30, 1024 * stream_bytes)
        return default if self.output_bytes is None else self.output_bytes
