"""Errors: one type for a bad stream, and some for what is not its fault (chapter 17)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, NoReturn

Kind = Literal[
    "truncated",
    "not-dombit",
    "unsupported",
    "malformed",
    "forbidden-value",
    "limit-exceeded",
    "integrity",
    "root-mismatch",
    "trailing-data",
]
Stage = Literal["container", "structure", "parameters", "segment", "reconstruction", "identity"]


class DombitError(Exception):
    """What is wrong with a stream: kind and stage are normative, the message is not.

    `at` is a byte offset in the stream (inside an inflated payload: the offset of its unit),
    `bit` the bit inside that byte where it matters.
    """

    def __init__(
        self,
        kind: Kind,
        rule: str,
        message: str,
        *,
        stage: Stage,
        at: int | None = None,
        bit: int | None = None,
        unit: str | None = None,
        tensor: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Keep every part as an attribute, and join them into one line of text."""
        self.kind: Kind = kind
        self.rule = rule
        self.message = message
        self.stage: Stage = stage
        self.at = at
        self.bit = bit
        self.unit = unit
        self.tensor = tensor
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        """One line: kind, message, where, rule and what to do."""
        places = [
            f"byte {self.at}" + (f" bit {self.bit}" if self.bit is not None else "")
            if self.at is not None
            else "",
            f"unit {self.unit}" if self.unit else "",
            f"tensor {self.tensor!r}" if self.tensor else "",
            f"stage {self.stage}",
            self.rule,
        ]
        where = ", ".join(place for place in places if place)
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.kind}: {self.message} ({where}){hint}"

    def located(
        self, *, at: int | None = None, unit: str | None = None, tensor: str | None = None
    ) -> DombitError:
        """Return the same error with places filled in that it did not know."""
        return DombitError(
            self.kind,
            self.rule,
            self.message,
            stage=self.stage,
            at=self.at if self.at is not None else at,
            bit=self.bit,
            unit=self.unit or unit,
            tensor=self.tensor or tensor,
            hint=self.hint,
        )


@contextmanager
def locating(*, at: int | None = None, unit: str | None = None) -> Iterator[None]:
    """Fill places in that a DombitError from the block does not know."""
    try:
        yield
    except DombitError as error:
        raise error.located(at=at, unit=unit) from None


class NotTheStream(Exception):  # noqa: N818 - names say the cause
    """Base of what is not the stream's fault; `hint` says what to do."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        """Keep message and hint, and join them into one line of text."""
        self.message = message
        self.hint = hint
        super().__init__(f"{message}; {hint}" if hint else message)


class BadSource(NotTheStream):
    """A source model that cannot be read: damaged, foreign, or holding code."""


class RootMissing(NotTheStream):
    """A root that a stream names and nobody gave."""


class IoFailure(NotTheStream):
    """The environment failed: a file, a disk, a path, memory."""


class MissingExtra(NotTheStream):
    """An optional dependency is not installed; the hint names the extra."""


class UsageError(NotTheStream):
    """Arguments that contradict each other."""


def fail(
    kind: Kind,
    rule: str,
    message: str,
    *,
    stage: Stage,
    at: int | None = None,
    bit: int | None = None,
    unit: str | None = None,
    tensor: str | None = None,
    hint: str | None = None,
) -> NoReturn:
    """Raise a DombitError: the one way in which decoding code refuses a stream."""
    raise DombitError(
        kind, rule, message, stage=stage, at=at, bit=bit, unit=unit, tensor=tensor, hint=hint
    )
