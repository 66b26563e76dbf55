"""What the tests of the entropy room share: the oracle, and how a refusal is expected."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import ModuleType

import pytest

from dombit.errors import DombitError

Refused = Callable[[str, str, str], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    """Give tests/oracle.py as a module."""
    path = Path(__file__).parents[1] / "oracle.py"
    spec = importlib.util.spec_from_file_location("oracle", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def refused() -> Refused:
    """Give a context that expects a refusal with a rule, kind and stage."""

    @contextmanager
    def expect(rule: str, kind: str, stage: str) -> Iterator[None]:
        with pytest.raises(DombitError) as caught:
            yield
        error = caught.value
        assert (error.rule, error.kind, error.stage) == (rule, kind, stage)

    return expect
