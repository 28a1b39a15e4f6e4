from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from policy_lab.analysis.setting import setting_of
from policy_lab.errors import InputError
from policy_lab.provenance import bundled
from policy_lab.run import run
from policy_lab.run.places import run_places
from policy_lab.study import Study, open_study

AREAS = """\
areas:
  table: harbours.csv
  key: code
  name: name
  period: '2024'
  bind: {Intrinsic growth rate: growth}
"""


@pytest.fixture(scope="module")
def harbours(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = Path(shutil.copytree(bundled("models") / "fishery", tmp_path_factory.mktemp("places") / "fishery"))
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    (folder / "study.yaml").write_text(text.replace("structure:\n", AREAS + "structure:\n"), encoding="utf-8")
    (folder / "harbours.csv").write_text("code,name,growth\na1,Aber,0.02\nb2,Bourne,0.04\nc3,Cove,\n", encoding="utf-8")
    return open_study(folder)


def test_a_place_beside_others_runs_as_it_does_alone(harbours: Study) -> None:
    """With central values, and the same luck for all."""
    together = run_places(harbours, ["b2", "aber"], futures=3)
    assert together.plan.places == ("b2", "a1")
    for world, key in enumerate(together.plan.places):
        alone = run(harbours.plan(designs=together.designs, worlds=1, futures=3, area=key).with_(vary=()))
        for name, outcome in alone.outcomes.items():
            np.testing.assert_allclose(together[name].values[:, world], outcome.values[:, 0], rtol=1e-12, atol=1e-12)
    name = next(iter(together.outcomes))
    assert not np.allclose(together[name].values[:, 0], together[name].values[:, 1])


def test_all_places_and_other_variables(harbours: Study) -> None:
    found = run_places(harbours, outcomes=["trust"], horizon=12)
    assert (found.plan.places, list(found.outcomes), found.failures) == (("a1", "b2", "c3"), ["Trust"], ())
    assert found.manifest["settings"]["places"] == ["a1", "b2", "c3"]
    assert "each world is one of 3 places" in setting_of(found).source_line.casefold()


def test_unknown_places_and_studies_without_places_are_refused(harbours: Study) -> None:
    with pytest.raises(InputError, match="no area `Covve` in this study"):
        run_places(harbours, ["Covve"])
    with pytest.raises(InputError, match="binds no table of areas"):
        run_places(open_study("fishery"))
