"""A measure that nobody has chosen compares nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import policy_lab as pl
from policy_lab.provenance import bundled
from policy_lab.study.measure import refuse_placeholder


def test_a_marked_measure_is_refused_with_its_line(tmp_path: Path) -> None:
    folder = tmp_path / "fishery"
    shutil.copytree(bundled("models") / "fishery", folder)
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    marked = text.replace("measures:\n", "measures:\n  placeholder: true\n")
    (folder / "study.yaml").write_text(marked, encoding="utf-8")
    line = marked.splitlines().index("  placeholder: true") + 1
    study = pl.open_study(folder)
    with pytest.raises(pl.InputError, match=f"study.yaml:{line}: .*nobody has chosen the measures"):
        refuse_placeholder(study)
    results = pl.run(study.plan(worlds=1, futures=1))
    with pytest.raises(pl.InputError, match="nobody has chosen the measures"):
        pl.risk(results)


def test_a_chosen_measure_passes() -> None:
    refuse_placeholder(pl.open_study("fishery"))
