from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from policy_lab import provenance


def test_finds_the_bundled_folders() -> None:
    assert (provenance.bundled("models") / "fishery" / "study.yaml").is_file()
    assert provenance.bundled("data").is_dir()


def test_digests_are_sha256(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    assert provenance.file_digest(path) == hashlib.sha256(b"abc").hexdigest()
    assert provenance.digest_of({"a": 1, "b": 2}) == provenance.digest_of({"b": 2, "a": 1})
    assert provenance.digest_of({"a": 1}) != provenance.digest_of({"a": 2})


def test_the_commit_is_the_one_that_git_names() -> None:
    root = Path(provenance.__file__).parents[1]
    if not (root / ".git").exists():
        pytest.skip("not a checkout")
    asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=True)
    assert provenance.source_commit() == asked.stdout.strip()


def test_a_manifest_says_what_made_a_result_and_not_when(tmp_path: Path) -> None:
    model, table = tmp_path / "a.mdl", tmp_path / "b.csv"
    model.write_text("model", encoding="utf-8")
    table.write_text("table", encoding="utf-8")

    def made() -> dict[str, object]:
        return provenance.manifest(
            subject="A question",
            model=model,
            model_digest="d",
            files={"parameters": table},
            seed=1,
            time_step=0.25,
            method="euler",
            engine="compiled",
            settings={"worlds": 2},
            tables=[("rain.csv", "0a")],
            cases=4,
        )

    first = made()
    assert json.dumps(first) == json.dumps(made())
    assert first["inputs_sha256"] == {"parameters": provenance.file_digest(table), "rain.csv": "0a"}
    assert first["cases"] == 4
    assert str(tmp_path) not in json.dumps(first)
    assert set(provenance.versions()) >= {"python", "policy_lab", "numpy", "pysd"}
