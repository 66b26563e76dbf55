"""How the decoder refuses a stream: kind and stage are normative (chapter 17)."""

from __future__ import annotations

from typing import NoReturn


class Reject(Exception):  # noqa: N818 - it is a verdict
    """A stream that is refused."""

    def __init__(self, kind: str, stage: str, message: str) -> None:
        super().__init__(f"{kind} ({stage}): {message}")
        self.kind = kind
        self.stage = stage
        self.message = message

    @property
    def rule(self) -> str | None:
        """The requirement that is broken, where the message begins with its id."""
        word = self.message.split(":")[0]
        return word if word.startswith("R-") else None


class Judge:
    """Refusals of one stage."""

    def __init__(self, stage: str) -> None:
        self.stage = stage

    def reject(self, kind: str, message: str) -> NoReturn:
        """Refuse with a kind."""
        raise Reject(kind, self.stage, message)

    def fits(self, good: bool, message: str) -> None:
        """Refuse as malformed unless `good`: sizes, sums, order."""
        if not good:
            self.reject("malformed", message)

    def allow(self, good: bool, message: str) -> None:
        """Refuse as forbidden-value unless `good`: a field outside its range."""
        if not good:
            self.reject("forbidden-value", message)

    def support(self, good: bool, message: str) -> None:
        """Refuse as unsupported unless `good`: something reserved."""
        if not good:
            self.reject("unsupported", message)

    def limit(self, good: bool, message: str) -> None:
        """Refuse as limit-exceeded unless `good`."""
        if not good:
            self.reject("limit-exceeded", message)

    def same(self, good: bool, message: str) -> None:
        """Refuse as integrity unless `good`: a checksum, end state or digest."""
        if not good:
            self.reject("integrity", message)
