"""`checks.yaml` is read whole or refused with line and nearest name for each fault."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from policy_lab.errors import InputError
from policy_lab.model import read_model
from policy_lab.study import Study
from policy_lab.study.check_file import CheckSet, read_checks

CHECK = """
checks:
  one:
    title: Something holds
    reason: It has to
"""


def checks(study: Study, folder: Path, rest: str) -> CheckSet:
    path = folder / "checks.yaml"
    path.write_text(CHECK + rest, encoding="utf-8")
    return read_checks(path, study.model, study, read_model)


@pytest.fixture
def faults(fishery: Study, tmp_path: Path) -> Callable[[str], list[str]]:
    def found(rest: str) -> list[str]:
        with pytest.raises(InputError) as caught:
            checks(fishery, tmp_path, rest)
        return [str(problem).removeprefix(str(tmp_path / "checks.yaml")) for problem in caught.value.problems]

    return found


def test_a_sound_file_is_read(fishery: Study, tmp_path: Path) -> None:
    found = checks(fishery, tmp_path, "    variable: Fleet[north]\n    expect: {between: {low: 0}}\n")
    assert found.checks["one"].variables == ("Fleet[north]",)
    assert found.lines == {"one": 3}
    assert found.model(found.checks["one"].when) is fishery.model


def test_unknown_keys_name_the_nearest(faults: Callable[[str], list[str]]) -> None:
    found = faults("    varable: Fish stock\n    when: {scenari: calm}\n    expect: {between: {low: 0, hihg: 1}}\n")
    assert any("unknown key `varable`. Did you mean `variable`?" in text for text in found)
    assert any("unknown key `scenari`. Did you mean `scenario`" in text for text in found)
    assert any(text.startswith(":8: `checks.one.expect.between`: unknown key `hihg`. Did you mean") for text in found)


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("    variable: Fish stok\n    expect: {between: {low: 0}}", "Did you mean `Fish stock`"),
        ("    variable: Fleet[nrth]\n    expect: {between: {low: 0}}", "Did you mean `north`"),
        ("    expect: {between: {low: 0}}", "`between` needs a `variable`"),
        ("    variable: Fish stock\n    expect: {between: {low: 2, high: 1}}", "low <= high does not hold"),
        ("    variable: Fish stock\n    expect: {between: {}}", "give `low`, `high` or both"),
        ("    variable: Fish stock\n    expect: {}", "expect one thing, not nothing"),
        (
            "    variable: Fish stock\n    expect: {between: {low: 0}, stays: {within: 1}}",
            "expect one thing, not `between` and `stays`",
        ),
        ("    variable: Fish stock\n    expect: {direction: {moves: higher}}", "`against` has to say"),
        (
            "    when: {design: co-managment}\n    variable: Fish stock\n    expect: {between: {low: 0}}",
            "no design `co-managment` in this study. Did you mean `co-management`",
        ),
        (
            "    when: {scenario: clam}\n    variable: Fish stock\n    expect: {between: {low: 0}}",
            "no scenario `clam`. Did you mean `calm`",
        ),
        (
            "    when: {set: {Fish stock: 3}}\n    variable: Fleet\n    expect: {between: {low: 0}}",
            "is no constant of the model but of kind stock. `fix` puts a number in place of an equation",
        ),
        (
            "    when: {change: [{set: {Catchabilty: 3}}]}\n    variable: Fleet\n    expect: {between: {low: 0}}",
            "Did you mean `Catchability`",
        ),
        (
            "    when: {fix: {Catchability: 3}}\n    variable: Fleet\n    expect: {between: {low: 0}}",
            "a constant cannot be replaced",
        ),
        (
            "    when: {cut: [Growth to Fish stock]}\n    variable: Fleet\n    expect: {between: {low: 0}}",
            "does not read as `cause -> effect`",
        ),
        (
            "    when: {cut: [Trust -> Growth]}\n    variable: Fleet\n    expect: {between: {low: 0}}",
            "no link from `Trust` to `Growth`. What drives it: ",
        ),
        (
            "    when: {plant: {replace: Fish, by: x}}\n    variable: Fleet\n    expect: {between: {low: 0}}",
            "times in fishery.mdl, where once is needed",
        ),
        (
            "    when: {alike: {dimension: Comunity}}\n    variable: Fleet\n    expect: {between: {low: 0}}",
            "no subscript range `Comunity`. Did you mean `Community`",
        ),
        (
            "    when: {without: [Overfshing]}\n    variable: Fleet\n    expect: {between: {low: 0}}",
            "no loop `Overfshing`",
        ),
        (
            "    when: {model: other.mdl}\n    variable: Fleet\n    expect: {between: {low: 0}}",
            "is not among the study's `sectors`",
        ),
        (
            "    variable: Fleet\n    expect: {conserved: {entries: [Grwth]}}",
            "Did you mean `Growth`",
        ),
        ("    variable: Fleet\n    expect: {equals: {product: [Grwth, 2]}}", "Did you mean `Growth`"),
        ("    variable: Fleet\n    expect: {equals: {value: 1, sum: [2]}}", "give one of value, sum"),
        ("    variable: Fleet\n    expect: {alike: {over: Comunity}}", "no subscript range `Comunity`"),
        ("    variable: Fleet\n    expect: {data: {source: x, within: 0.1}}", "give either `points` or `table`"),
    ],
)
def test_what_does_not_fit_is_told(faults: Callable[[str], list[str]], rest: str, said: str) -> None:
    found = faults(rest + "\n")
    assert any(said in text for text in found), found
    assert all(text.startswith(":") for text in found)


def test_a_missing_table_is_told_where_it_is_named(faults: Callable[[str], list[str]]) -> None:
    table = "{table: nationl.csv, time: year, value: value, origin: 2013}"
    found = faults(
        f"    variable: Fish stock\n    expect:\n      data:\n        table: {table}\n        source: x\n"
        "        within: 0.1\n"
    )
    assert found[0].startswith(":9: `checks.one.expect.data.table`: no table `nationl.csv`")
    assert "Did you mean `national.csv`" in found[0]


def test_a_single_model_knows_no_designs(fishery: Study, tmp_path: Path) -> None:
    path = tmp_path / "checks.yaml"
    condition = "    when: {design: co-management, worlds: 3}\n"
    path.write_text(f"{CHECK}{condition}    variable: Fleet\n    expect: {{between: {{low: 0}}}}\n", encoding="utf-8")
    with pytest.raises(InputError, match="only the model of a study has designs"):
        read_checks(path, fishery.model, None, read_model)


def test_worlds_have_to_agree_with_those_of_the_base(faults: Callable[[str], list[str]]) -> None:
    found = faults(
        "    when: {worlds: 3, switch_to: co-management}\n    against: {worlds: 4}\n    variable: Fleet\n"
        "    expect: {direction: {moves: higher}}\n"
    )
    assert "needs as many worlds and futures as `when`" in found[0]


def test_a_name_that_could_lead_elsewhere_is_refused(fishery: Study, tmp_path: Path) -> None:
    path = tmp_path / "checks.yaml"
    path.write_text(
        f"{CHECK.replace('one:', '../one:')}    variable: Fleet\n    expect: {{between: {{low: 0}}}}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="a check is named by letters, digits"):
        read_checks(path, fishery.model, fishery, read_model)
