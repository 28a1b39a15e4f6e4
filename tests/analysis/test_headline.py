from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import policy_lab as pl
from policy_lab.analysis.headline import Headline
from policy_lab.run.ensemble import run_batch
from policy_lab.study import open_study
from tests.run.batches import SMALL, plan_file

BLOCKS = ("calm", "random")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("headline")
    return run_batch(plan_file(home, futures=4), home / "batch", memory=2 * SMALL)


def test_the_headline_of_all_parts_is_the_risk_of_the_whole(folder: Path) -> None:
    headline = Headline(open_study("fishery"), BLOCKS)
    for path in sorted((folder / "parts").iterdir()):
        headline = headline.with_part(path)
    table = headline.table()
    stored = pl.open_batch(folder)
    for block in BLOCKS:
        own = table[table["scenario"] == block].reset_index(drop=True)
        whole = pl.risk(stored.results(block))
        assert own["design"].tolist() == whole["design"].tolist()
        np.testing.assert_allclose(own["risk"], whole["risk"])
        np.testing.assert_allclose(own["simulation_error"], whole["simulation_error"])
        assert own["worlds"].tolist() == [12, 12]
        assert own["cases"].tolist() == [48, 48]
        assert own["failed_cases"].tolist() == [0, 0]


def test_the_order_in_which_parts_come_does_not_count(folder: Path) -> None:
    parts = sorted((folder / "parts").iterdir())
    one = other = Headline(open_study("fishery"), BLOCKS)
    for path in parts:
        one = one.with_part(path)
    for path in reversed(parts):
        other = other.with_part(path)
    pd.testing.assert_frame_equal(one.table(), other.table(), check_exact=True)


def test_nothing_so_far_is_an_empty_table() -> None:
    assert Headline(open_study("fishery"), BLOCKS).table().empty
