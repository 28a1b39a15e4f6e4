"""What reading does with each of the bad inputs: refused with one clear fault, warned of, or read as data."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest

from policy_lab.errors import InputError
from policy_lab.model import read_model

FOLDER = Path(__file__).parents[1] / "bad_inputs"


@dataclass(frozen=True)
class Refused:
    """The one fault that is told: words of it, and where it is."""

    what: str
    line: int | None = None
    variable: str | None = None


@dataclass(frozen=True)
class Read:
    """The file is read, with a warning that holds these words where there are any."""

    warning: str = ""
    line: int | None = None


EXPECTED: dict[str, Refused | Read] = {
    "01_empty.mdl": Refused("the model file is empty"),
    "03_truncated_mid_equation.mdl": Refused("unterminated equation", 7, "inflow"),
    "05_non_utf8_bytes.mdl": Read("no character is lost", 2),
    "07_nul_bytes.mdl": Refused("binary content", 7),
    "09_pickle_as_mdl.mdl": Refused("pickle"),
    "11_python_as_mdl.mdl": Refused("unterminated equation", 1),
    "13_unknown_function.mdl": Refused("unknown function FROBNICATE", 7, "inflow"),
    "15_wrong_arity.mdl": Refused("MAX takes 2 arguments, 1 given", 7, "inflow"),
    "17_double_operator.mdl": Refused("syntax error at `* / 3`", 7, "inflow"),
    "19_circular_initial.mdl": Refused("circular initial values: A → B → A", 2, "A"),
    "21_self_reference.mdl": Refused("x depends on itself", 2, "x"),
    "23_duplicate_case_only.mdl": Refused("`inflow` (line 7) and `Inflow` are the same variable", 17, "Inflow"),
    "25_subscript_count.mdl": Refused("`x` has 1 subscript, 2 used", 12, "y"),
    "27_unsubscripted_use.mdl": Refused("`x` needs a subscript here: `x[Region]`", 12, "y"),
    "29_unit_nonsense.mdl": Read("cannot be read", 7),
    "31_missing_time_step.mdl": Refused("TIME STEP is missing", None, "TIME STEP"),
    "33_time_step_negative.mdl": Refused("TIME STEP must be greater than 0", 27, "TIME STEP"),
    "35_saveper_zero.mdl": Refused("SAVEPER must be greater than 0", 32, "SAVEPER"),
    "37_time_step_nan.mdl": Refused("TIME STEP is not a number", 27, "TIME STEP"),
    "39_horizon_1e9_steps.mdl": Read(),
    "41_final_time_string.mdl": Refused("syntax error at `'ten'`", 17, "FINAL TIME"),
    "43_nan_parameter.mdl": Read(),
    "45_div_zero_later.mdl": Read(),
    "47_exp_overflow.mdl": Read(),
    "49_lookup_empty.mdl": Refused("the lookup has no points", 2, "lk"),
    "51_delay_time_zero.mdl": Read(),
    "53_deep_parens_300.mdl": Read(),
    "55_long_chain_5000.mdl": Read(),
    "57_name_100k.mdl": Refused("this name has 100,000 characters", 17),
    "60_inject_lookup_limits.mdl": Read("drawing limits of this lookup are not numbers", 2),
    "62_inject_comment_docstring.mdl": Read(),
    "64_inject_equation_dunder.mdl": Refused("syntax error at `.system", 17, "x"),
    "66_inject_quoted_name.mdl": Read(),
    "68_inject_subscript_name.mdl": Read(),
    "70_inject_get_direct.mdl": Refused("no file `a.xlsx` beside the model", 17, "x"),
    "72_inject_limits_units.mdl": Read("were ignored", 2),
    "74_python_keyword_names.mdl": Read(),
    "76_path_traversal_macro.mdl": Refused("the name of a macro holds letters", 2),
    "81_xxe_file.xmile": Refused("a document type declaration", 2),
    "83_xmile_inject_doc.xmile": Read(),
    "85_xmile_no_simspecs.xmile": Refused("no `<sim_specs>`", 2),
    "87_xmile_recip_dt_zero.xmile": Refused("reciprocal of the time step", 2, "TIME STEP"),
    "89_xmile_inject_gf_name.xmile": Refused("no variable `f`", 2, "S"),
}


def test_every_bad_input_has_an_expectation() -> None:
    with (FOLDER / "index.csv").open(encoding="utf-8", newline="") as file:
        listed = [row["file"] for row in csv.DictReader(file)]
    assert sorted(listed) == sorted(EXPECTED)
    assert sorted(path.name for path in FOLDER.iterdir() if path.suffix != ".csv") == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_reading(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    expected = EXPECTED[name]
    before = sorted(FOLDER.iterdir())
    if isinstance(expected, Refused):
        with pytest.raises(InputError) as caught:
            read_model(FOLDER / name)
        assert len(caught.value.problems) == 1, str(caught.value)
        problem = caught.value.problems[0]
        assert expected.what in problem.what
        assert problem.line == expected.line
        assert expected.variable in (None, problem.variable)
        assert str(problem).startswith(str(FOLDER / name))
        assert "\n" not in str(problem)
    else:
        warnings = read_model(FOLDER / name).warnings
        assert bool(warnings) == bool(expected.warning)
        if expected.warning:
            assert (expected.warning in warnings[0].what, warnings[0].line) == (True, expected.line)
    assert sorted(FOLDER.iterdir()) == before
    assert list(tmp_path.iterdir()) == []


def test_no_character_of_a_name_is_lost() -> None:
    model = read_model(FOLDER / "05_non_utf8_bytes.mdl")
    assert model["Stock"].causes == ("flüss",)


def test_hostile_names_and_words_are_data() -> None:
    quoted = read_model(FOLDER / "66_inject_quoted_name.mdl")
    name = "\"x')); __import__('pathlib').Path('PWNED_quoted_name').touch() #\""
    assert quoted["y"].causes == (name,)
    assert quoted[name.strip('"')].name == name
    documented = read_model(FOLDER / "62_inject_comment_docstring.mdl")
    assert documented["x"].documentation.startswith('"""\\__import__')
    keywords = read_model(FOLDER / "74_python_keyword_names.mdl")
    assert {"class", "import", "lambda", "None", "np", "exec", "self"} <= set(keywords.variables)


def test_nothing_of_another_file_reaches_the_message() -> None:
    path = FOLDER / "81_xxe_file.xmile"
    with pytest.raises(InputError) as caught:
        read_model(path)
    told = "a document type declaration; entities are refused, so that no other file is opened"
    assert str(caught.value) == f"{path}:2: {told}"
