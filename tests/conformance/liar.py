"""A decoder that lies: `python liar.py LIE SUITE IN.dombit [--limit ...] -o DIR`.

It knows the answer from the manifest, distorts it as LIE says, and gives it. `honest` does not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from conformance.decoder.__main__ import report

Lines = list[dict[str, Any]]
Files = dict[str, bytes]
Answer = tuple[int, Lines, Files]


def end(code: int) -> Callable[[Answer], Answer]:
    """Say nothing, and end with a code."""
    return lambda _: (code, [], {})


def crash(_: Answer) -> Answer:
    """Die of a signal."""
    os.abort()


def hang(_: Answer) -> Answer:
    """Never end, and neither does a child of ours."""
    child = [sys.executable, "-c", "import time; time.sleep(60)"]
    Path(os.environ["LIAR_CHILD"]).write_text(str(subprocess.Popen(child).pid))
    time.sleep(60)
    return 0, [], {}


def hog(answer: Answer) -> Answer:
    """Take 400 MiB, in a child, and answer rightly."""
    code = "import time; x = bytearray(b'x') * (400 << 20); time.sleep(1)"
    subprocess.run([sys.executable, "-c", code], check=True)
    return answer


def flood(_: Answer) -> Answer:
    """Print without end."""
    while True:
        sys.stdout.write("{}\n" * (1 << 16))


def decoded(change: Callable[[Lines, Files], None]) -> Callable[[Answer], Answer]:
    """Lie about valid streams only."""

    def lie(answer: Answer) -> Answer:
        code, lines, files = answer
        if code == 0:
            change(lines, files)
        return code, lines, files

    return lie


def flip(_: Lines, files: Files) -> None:
    """Change the last bit of the first tensor."""
    files["0000.raw"] = files["0000.raw"][:-1] + bytes([files["0000.raw"][-1] ^ 128])


def wrong_source(lines: Lines, files: Files) -> None:
    """Cut the last byte of a source file."""
    for line in lines:
        if "source" in line:
            files[line["file"]] = files[line["file"]][:-1]


def wrong_files(**said: Any) -> Callable[[Answer], Answer]:
    """Say something else of the files that are restored."""
    return decoded(lambda lines, _: [one.update(said) for one in lines if "sha256" in one] and None)


def without_files(lines: Lines, _: Files) -> None:
    """Say nothing of the files that are restored."""
    lines[:] = [line for line in lines if "sha256" not in line]


def file_twice(lines: Lines, _: Files) -> None:
    """Say everything of these files twice."""
    lines += [dict(line) for line in lines if "sha256" in line]


def drop_tensor(lines: Lines, files: Files) -> None:
    """Leave out a tensor."""
    del files[lines.pop(0)["file"]]


def add_tensor(lines: Lines, files: Files) -> None:
    """Invent a tensor."""
    files["more.raw"] = b"1234"
    lines.append({"name": "more", "dtype": "f32", "shape": [1], "file": "more.raw"})


def claims_unsupported(answer: Answer) -> Answer:
    """Swap 1 and 3."""
    return {0: 0, 1: 3, 3: 1}[answer[0]], *answer[1:]


def half_written(answer: Answer) -> Answer:
    """Refuse, and leave a tensor behind."""
    return answer if answer[0] == 0 else (answer[0], answer[1], {"0000.raw": b"12"})


def refused_line(**said: Any) -> Callable[[Answer], Answer]:
    """Say something else of a refusal."""

    def lie(answer: Answer) -> Answer:
        code, lines, files = answer
        return code, [{**line, **said} for line in lines] if code else lines, files

    return lie


def chatty(answer: Answer) -> Answer:
    """Give tensors of a stream that is refused then."""
    code, lines, files = answer
    early = [{"name": "w", "dtype": "f32", "shape": [1], "file": "0000.raw"}]
    return code, [*early, *lines] if code else lines, files


def set_first(**said: Any) -> Callable[[Answer], Answer]:
    """Say something else of the first tensor."""
    return decoded(lambda lines, _: lines[0].update(said))


def set_where(key: str, **said: Any) -> Callable[[Answer], Answer]:
    """Say something else in the lines that have a key."""
    return decoded(lambda lines, _: [line.update(said) for line in lines if key in line] and None)


LIES: dict[str, Callable[[Answer], Answer]] = {
    "honest": lambda answer: answer,
    "always_0": end(0),
    "always_1": end(1),
    "always_3": end(3),
    "usage": end(2),
    "crash": crash,
    "hang": hang,
    "hog": hog,
    "flood": flood,
    "wrong_bytes": decoded(flip),
    "wrong_digest": set_first(digest="0" * 64),
    "wrong_model_digest": set_where("model_digest", model_digest="0" * 64),
    "wrong_source": decoded(wrong_source),
    "wrong_file_digest": wrong_files(sha256="0" * 64),
    "wrong_file_size": wrong_files(size=9),
    "text_file_size": wrong_files(size="9"),
    "wrong_file_name": wrong_files(file="other.safetensors"),
    "nameless_file": wrong_files(file=None),
    "file_twice": decoded(file_twice),
    "no_files": decoded(without_files),
    "wrong_words": set_where("segment", words=99),
    "missing_tensor": decoded(drop_tensor),
    "missing_file": decoded(lambda _, files: files.clear()),
    "extra_tensor": decoded(add_tensor),
    "twice": decoded(lambda lines, _: lines.append(dict(lines[0]))),
    "one_file_for_two": decoded(lambda lines, _: lines[1].update(file="0000.raw")),
    "stray_file": decoded(lambda _, files: files.update({"notes.txt": b""})),
    "outside": set_first(file="../stdout"),
    "wrong_dtype": set_first(dtype="bf16"),
    "wrong_shape": set_first(shape=[6]),
    "float_shape": set_first(shape=[2.0, 3.0]),
    "nameless": set_first(name=None),
    "swap_1_and_3": claims_unsupported,
    "half_written": half_written,
    "wrong_kind": refused_line(kind="integrity"),
    "wrong_stage": refused_line(stage="identity"),
    "chatty": chatty,
}


def main() -> int:
    """Decode, lie, and write."""
    lie, stream = sys.argv[1:3]
    limits = {}
    for place, word in enumerate(sys.argv):
        if word == "--limit":
            name, _, value = sys.argv[place + 1].partition("=")
            limits[name] = int(value)
    folder = Path(sys.argv[sys.argv.index("-o") + 1])
    if lie in {"junk", "list", "hostile", "silent", "folder"}:
        return special(lie, folder, report(Path(stream).read_bytes(), limits))
    code, lines, files = LIES[lie](report(Path(stream).read_bytes(), limits))
    for name, data in files.items():
        (folder / name).write_bytes(data)
    for line in lines:
        print(json.dumps(line))
    return code


def special(lie: str, folder: Path, answer: Answer) -> int:
    """Give answers that are no lines."""
    if lie == "folder":
        (folder / "sub").mkdir()
    if lie != "silent":
        said = {"junk": "Segmentation fault", "list": "[1, 2]", "hostile": "\x1b[2J<script>\x00"}
        print(said.get(lie, ""))
    return answer[0]


if __name__ == "__main__":
    sys.exit(main())
