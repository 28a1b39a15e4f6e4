"""PySD as the oracle: isolated, started afresh for every run, and given no text of the file."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from policy_lab.engine import compile_model
from policy_lab.engine.reference import reference_warnings, run_reference
from policy_lab.engine.reference_tree import ForeignText, decode
from policy_lab.errors import EngineError, InputError
from policy_lab.model import read_model

ROOT = Path(__file__).parents[2]
CONTROL = """
INITIAL TIME = 0 ~ Month ~ |
FINAL TIME = 4 ~ Month ~ |
TIME STEP = 0.5 ~ Month ~ |
SAVEPER = 1 ~ Month ~ |
"""
TOWNS = """{UTF-8}
Town: north, south, east ~~|
Neighbour <-> Town ~~|
import = 0.25 ~ 1/Month ~ a name that Python keeps for itself |
rate[Town] = 0.1, 0.123456789012345, 0.3 ~ 1/Month ~ |
People[Town] = INTEG(-People[Town] * rate[Town] + SUM(moves[Town, Neighbour!]), start level[Town]) ~ person ~ |
start level[Town] = 100 ~ person ~ |
moves[Town, Neighbour] = import * (People[Neighbour] - People[Town]) ~ person/Month ~ |
neighbours seen[Town] = People[Town] * 2 ~ person ~ |
other way[Neighbour] = neighbours seen[Town] + 1 ~ person ~ |
curve((0, 0.123456789012345), (10, 1.123456789012345)) ~~|
height = curve(Time) ~~|
either = IF THEN ELSE(1 = 2 :AND: 1 = 1 :OR: 3 = 3, (-2)^2, 0) ~~|
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "towns.mdl"
    path.write_text(text + CONTROL, encoding="utf-8")
    return path


def expected_people(rate: list[float], start: list[float], move: float, steps: int) -> np.ndarray:
    """Euler by hand, as the file has it."""
    people = np.array(start)
    for _ in range(steps):
        people = people + 0.5 * (-people * np.array(rate) + move * (people.sum() - 3 * people))
    return people


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("towns"), TOWNS)


def test_a_run_equals_euler_by_hand_and_keeps_every_digit(towns: Path) -> None:
    series = run_reference(read_model(towns))
    assert series.time.tolist() == [0, 1, 2, 3, 4]
    wanted = expected_people([0.1, 0.123456789012345, 0.3], [100.0] * 3, 0.25, 8)
    np.testing.assert_allclose(series["People"][0, -1], wanted, rtol=1e-14)
    np.testing.assert_allclose(series["other way"][0, -1], wanted * 2 + 1, rtol=1e-14)
    np.testing.assert_allclose(series["height"][0], 0.123456789012345 + series.time / 10, rtol=1e-15)
    assert series["either"][0].tolist() == [4.0] * 5
    assert series.element_names("People") == ("People[north]", "People[south]", "People[east]")
    assert sorted(path.name for path in towns.parent.iterdir()) == ["towns.mdl"]


def test_inputs_first_values_and_times_reach_the_run_and_no_later_one(towns: Path) -> None:
    model = read_model(towns)
    changed = run_reference(
        model,
        {"Rate": [0.5, 0.4, 0.2], "import": 0.1},
        outputs=["People"],
        start={"people": [10.0, 20.0, 30.0]},
        final_time=2,
        time_step=0.5,
        save_period=2,
    )
    assert changed.time.tolist() == [0, 2]
    np.testing.assert_allclose(
        changed["People"][0, -1], expected_people([0.5, 0.4, 0.2], [10.0, 20.0, 30.0], 0.1, 4), rtol=1e-14
    )
    np.testing.assert_array_equal(changed.states[0], changed["People"][0, -1])


def test_values_over_time_replace_an_equation(towns: Path) -> None:
    model = read_model(towns)
    over_time = {"height": ([0.0, 4.0], [1.0, 3.0]), "start level": ([0.0, 4.0], [[1.0, 2, 3], [5, 6, 7]])}
    series = run_reference(model, outputs=["height", "start level", "People"], series=over_time)
    assert series["height"][0].tolist() == [1.0, 1.5, 2.0, 2.5, 3.0]
    assert series["start level"][0, 2].tolist() == [3.0, 4.0, 5.0]
    assert series["People"][0, 0].tolist() == [1.0, 2.0, 3.0]


def test_what_cannot_be_set_is_refused_by_name(towns: Path) -> None:
    model = read_model(towns)
    with pytest.raises(InputError) as caught:
        run_reference(model, {"rat": 1.0, "People": 1.0, "rate": [1.0, 2.0]}, start={"import": 3.0})
    told = {problem.variable or problem.nearest[0] for problem in caught.value.problems}
    assert told == {"rate", "People", "import"}
    with pytest.raises(InputError, match="Euler only"):
        run_reference(model, method="rk4")
    with pytest.raises(InputError, match="no value over time"):
        run_reference(model, outputs=["curve"])


def test_a_file_that_changed_since_it_was_read_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, TOWNS)
    model = read_model(path)
    path.write_text(path.read_text(encoding="utf-8").replace("0.25", "0.26"), encoding="utf-8")
    with pytest.raises(InputError, match="has changed"):
        run_reference(model)


@pytest.mark.parametrize("time", [0, 0.25, -1])
def test_delays_shorter_than_a_time_step_are_as_in_the_other_engines(tmp_path: Path, time: float) -> None:
    """PySD itself ends such a run: it takes stages off a delay until none is left."""
    forms = ["DELAY1(i, {})", "DELAY3(i, {})", "DELAY N(i, {}, 2, 4)", "DELAY FIXED(i, {}, 3)", "SMOOTH(i, {})",
             "SMOOTH3(i, {})", "TREND(i, {}, 0.1)", "FORECAST(i, {}, 2)"]  # fmt: skip
    text = "".join(f"x{place} = {form.format('t')} ~~|\n" for place, form in enumerate(forms))
    text += "".join(
        f"y{place}[R] = {form.format('each[R]')} ~~|\n" for place, form in enumerate(forms) if "FIXED" not in form
    )
    head = f"{{UTF-8}}\nR: a, b ~~|\nt = {time} ~~|\neach[a] = {time} ~~|\neach[b] = 3 ~~|\ni = 5 + Time ~~|\n"
    model = read_model(write(tmp_path, head + text))
    reference, ours = run_reference(model), compile_model(model, backend="numpy").run()
    for name, values in reference.values.items():
        np.testing.assert_allclose(values, ours[name], rtol=1e-12, err_msg=name)
    assert np.isnan(ours["x1"]).all()


def test_a_fault_that_only_pysd_sees_is_told_with_the_names_of_the_file(tmp_path: Path) -> None:
    model = read_model(write(tmp_path, "{UTF-8}\nmy share = QUANTUM(INTEGER(0/0 * Time), 2) ~~|\n"))
    with pytest.raises(EngineError, match="could not run this model"):
        run_reference(model)


@pytest.mark.parametrize(
    "data",
    [
        "__import__('os')",
        {"node": "ReferenceStructure", "reference": "v1(); exit", "subscripts": None},
        {"node": "GetConstantsStructure", "file": "a", "tab": "b", "cell": "c"},
        {"node": "SubscriptsReferenceStructure", "subscripts": ["D'+str(1)+'"]},
        {"node": "CallStructure", "function": {"node": "ReferenceStructure", "reference": "eval", "subscripts": None},
         "arguments": []},
    ],
)  # fmt: skip
def test_the_child_refuses_foreign_text(data: object) -> None:
    with pytest.raises(ForeignText):
        decode(json.loads(json.dumps(data)))


def models() -> list[Path]:
    return sorted((ROOT / "models").rglob("*.mdl"))


@pytest.mark.parametrize("path", models(), ids=lambda path: path.stem)
def test_pysd_opens_every_bundled_model_without_a_warning(path: Path, tmp_path: Path) -> None:
    """These files are our own, so PySD may read them itself, names, units and documentation included."""
    assert reference_warnings(read_model(path)) == ()
    copy = shutil.copy(path, tmp_path / path.name)
    program = (
        "import sys, warnings, pysd\n"
        "warnings.simplefilter('always')\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always')\n"
        "    pysd.read_vensim(sys.argv[1])\n"
        "sys.exit('\\n'.join(str(w.message) for w in caught if not issubclass(w.category, DeprecationWarning)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(copy)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"def ", copy.with_suffix(".py").read_text(encoding="utf-8"))
    assert not path.with_suffix(".py").exists()
