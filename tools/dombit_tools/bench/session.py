"""Session: what all parts of a comparison share: settings, workers, a folder for streams."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dombit_tools.bench.materials import find_model
from dombit_tools.bench.processes import Worker

SNR = 17.9
"""The rate at which lossy codecs are compared, in dB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the command line says."""

    models: tuple[str, ...]
    """Names of known models, or paths."""
    parts: tuple[str, ...]
    pythons: dict[str, str]
    """The Python of each peer that takes part."""
    repeat: int
    command: str
    """The command line, without the parts."""
    pairs: tuple[str, ...] = ()
    """Families of pairs, or paths of fp32 safetensors files from which pairs are made."""
    cache: str = ""
    steps: int = 0
    """Of AdamW on MiniLM; 0: the default."""
    """The folder of what was trained; empty: one that goes when the session ends."""


@dataclass(slots=True, kw_only=True)
class Session:
    """A running comparison."""

    settings: Settings
    folder: Path
    ours: Worker
    peers: dict[str, Worker]
    made: dict[str, Any] = field(default_factory=dict)
    """What one part leaves for another: NNCodec's streams, by model."""

    def command(self, part: str) -> str:
        """Return the command that measures one part again."""
        return f"{self.settings.command} --parts {part}"

    def source(self) -> Path:
        """Return the model on which speeds and memory are measured: the first."""
        return find_model(self.settings.models[0])

    def temporary(self, name: str) -> str:
        """Return the path of a file that goes when the session ends."""
        return str(self.folder / name)


@contextmanager
def session(settings: Settings, folder: Path) -> Iterator[Session]:
    """Start one worker for us and one for each peer."""
    with ExitStack() as stack:
        peers = {
            name: stack.enter_context(Worker(name, python))
            for name, python in settings.pythons.items()
        }
        ours = stack.enter_context(Worker("ours", sys.executable))
        yield Session(settings=settings, folder=folder, ours=ours, peers=peers)
