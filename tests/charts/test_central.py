"""Central paths as a picture: every number said is one that is drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import policy_lab as pl
from policy_lab.charts.central import central_figure

TIME = np.arange(4.0)


def table(**paths):
    return pd.concat(
        [pd.DataFrame({"design": name.replace("_", "-"), "time": TIME, "value": path}) for name, path in paths.items()]
    )


def test_says_where_each_path_ends():
    study = pl.open_study("fishery")
    drawn = central_figure(table(open_access=[0.6, 0.5, 0.4, 0.31], catch_quota=[0.6, 0.6, 0.7, 0.72]), study, {})
    assert drawn.title.endswith("ends at 0.31 to 0.72")
    assert "0.31 under Open access and 0.72 under Catch quota" in drawn.alt
    assert "no unit" in drawn.subtitle
    assert drawn.source.endswith(study.file.words.not_a_forecast)


@pytest.mark.parametrize("level", [0.5, 0.4, 0.0])
def test_draws_paths_that_do_not_move(level):
    drawn = central_figure(table(open_access=[level] * 4), pl.open_study("fishery"), {}, "A note.")
    assert drawn.to_bytes("svg").startswith(b"<?xml")
    assert "A note." in drawn.subtitle
