from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from policy_lab.cache import cache_folder
from policy_lab.engine import compile_model, llvm_compile
from policy_lab.model import Model

Written = Callable[..., Model]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POLICY_LAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def objects(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.o")}


def count_compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by one with each compilation; it is carried out all the same."""
    made: list[str] = []
    compile_text = llvm_compile.compile_text

    def counting(text: str, *arguments: object, **named: object) -> bytes:
        made.append(text)
        return compile_text(text, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(llvm_compile, "compile_text", counting)
    return made


def test_machine_code_is_kept_and_used_again(folder: Path, written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    made = count_compilations(monkeypatch)
    model = written("Stock = INTEG(0.1 * Stock, 1)")
    first = compile_model(model).run()["Stock"]
    again = compile_model(model).run()["Stock"]
    assert len(made) == 1
    assert len(objects(folder)) == 1
    assert first.tolist() == again.tolist()


def test_another_model_has_code_of_its_own(folder: Path, written: Written) -> None:
    compile_model(written("Stock = INTEG(0.1 * Stock, 1)")).run()
    compile_model(written("Stock = INTEG(0.2 * Stock, 1)")).run()
    assert len(objects(folder)) == 2


def test_a_damaged_file_is_made_anew(folder: Path, written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    model = written("Stock = INTEG(0.1 * Stock, 1)")
    expected = compile_model(model).run()["Stock"]
    (path,) = folder.glob("*.o")
    whole = path.read_bytes()
    for damaged in (b"", whole[:100], whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1]), b"\x00" * len(whole)):
        path.write_bytes(damaged)
        made = count_compilations(monkeypatch)
        assert compile_model(model).run()["Stock"].tolist() == expected.tolist()
        assert len(made) == 1
        assert path.read_bytes()[:64] == whole[:64]


def test_a_folder_that_cannot_be_written_only_costs_time(
    tmp_path: Path, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("POLICY_LAB_CACHE", str(tmp_path / "file" / "cache"))
    assert compile_model(written("x = Time")).run()["x"][0, -1] == 10


def test_the_cache_stands_where_the_platform_keeps_such_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("POLICY_LAB_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if sys.platform.startswith("linux"):
        assert cache_folder() == tmp_path / "policy_lab"
    monkeypatch.setenv("POLICY_LAB_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"


def test_a_second_process_compiles_nothing(folder: Path, written: Written) -> None:
    model = written("Stock = INTEG(0.1 * Stock, 1)", "Rate = 3")
    compile_model(model).run()
    before = objects(folder)
    script = (
        "import sys\n"
        "from policy_lab.engine import compile_model, llvm_compile\n"
        "from policy_lab.model import read_model\n"
        "llvm_compile.compile_text = None\n"  # calling it would fail
        "print(compile_model(read_model(sys.argv[1])).run()['Stock'][0, -1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(model.path)],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == compile_model(model).run()["Stock"][0, -1]
    assert objects(folder) == before
