"""Reading model files: what each variable is, where it stands, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_lab.errors import InputError
from policy_lab.model import Kind, read_model

CONTROL = """
INITIAL TIME = 0 ~ Month ~ |
FINAL TIME = 10 ~ Month ~ |
TIME STEP = 0.5 ~ Month ~ |
SAVEPER = TIME STEP ~ Month ~ |
"""


def written(folder: Path, text: str, name: str = "model.mdl", control: str = CONTROL) -> Path:
    path = folder / name
    path.write_text("{UTF-8}\n" + text + control, encoding="utf-8")
    return path


def test_kinds_units_and_lines(tmp_path: Path) -> None:
    model = read_model(
        written(
            tmp_path,
            "Fish Stock = INTEG(births\n  - Catch, 100)\n ~ tonne [0,?]\n ~ Fish in\\\n\t\tthe sea |\n"
            "births = Fish Stock * growth rate ~ tonne/Month ~ |\n"
            "growth rate = 0.1 ~ 1/Month ~ |\nCatch = effect(Time) ~ tonne/Month ~ |\n"
            "effect((0,0),(10,1)) ~ tonne/Month ~ |\n",
        )
    )
    stock = model["fish_stock"]
    assert (stock.name, stock.kind, stock.unit, stock.limits) == ("Fish Stock", Kind.STOCK, "tonne", (0.0, None))
    assert stock.documentation == "Fish in the sea"
    assert (stock.line, model["births"].line) == (2, 7)
    assert stock.equation == "Fish Stock = INTEG(births\n  - Catch, 100)"
    assert stock.causes == ("births", "Catch")
    assert model["growth rate"].uses == ("births",)
    kinds = {name: model[name].kind for name in ("births", "Catch", "growth rate", "effect", "TIME STEP")}
    assert kinds == {
        "births": Kind.FLOW,
        "Catch": Kind.FLOW,
        "growth rate": Kind.CONSTANT,
        "effect": Kind.LOOKUP,
        "TIME STEP": Kind.TIME,
    }
    assert (model.time.final, model.time.step, model.time.save_period, model.time.unit) == (10.0, 0.5, 0.5, "Month")


def test_every_fault_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, "a = 5 * / 3 ~~|\nb = frob(1) ~~|\nc = growht ~~|\ngrowth = 1 ~~|\n")
    with pytest.raises(InputError) as caught:
        read_model(path)
    found = {problem.variable: (problem.line, problem.what) for problem in caught.value.problems}
    assert found == {
        "a": (2, "syntax error at `* / 3`"),
        "b": (3, "unknown function FROB"),
        "c": (4, "no variable `growht` in this model"),
    }
    assert next(p for p in caught.value.problems if p.variable == "c").nearest == ("growth",)


def test_a_range_of_a_hundred_million_elements_is_refused_before_it_is_written_out(tmp_path: Path) -> None:
    """A file of the fuzzer that took all memory."""
    with pytest.raises(InputError, match=r"a range of 99,999,999 elements; the limit is 100,000"):
        read_model(written(tmp_path, "Region: (e1-e99999999) ~~|\nv[Region] = 1 ~~|\n"))


def test_a_difference_of_numbered_names_is_no_range(tmp_path: Path) -> None:
    text = "a1 = 3 ~~|\na99999999 = 1 ~~|\nx = IF THEN ELSE(a1 > 1 :AND: a1 < 5, (a1-a99999999), 0) ~~|\n"
    assert read_model(written(tmp_path, text))["x"].kind is Kind.AUXILIARY
