"""`policy-lab run` on each of the bad inputs, with both engines: one clear message, nothing executed, nothing written.

The files go through the command one after another in this process, which starts no interpreter for each of them; two go
through a process of their own, so that the exit code and the streams of a real call are seen too.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from policy_lab.cli import main

FOLDER = Path(__file__).parents[1] / "bad_inputs"
RUNS = 0
REFUSED = 2

EXPECTED: dict[str, tuple[int, str]] = {
    "01_empty.mdl": (REFUSED, "the model file is empty"),
    "03_truncated_mid_equation.mdl": (REFUSED, ":7: `inflow`: unterminated equation"),
    "05_non_utf8_bytes.mdl": (RUNS, ":2: not valid UTF-8"),
    "07_nul_bytes.mdl": (REFUSED, ":7: binary content"),
    "09_pickle_as_mdl.mdl": (REFUSED, "this is a Python pickle"),
    "11_python_as_mdl.mdl": (REFUSED, ":1: "),
    "13_unknown_function.mdl": (REFUSED, ":7: `inflow`: unknown function FROBNICATE"),
    "15_wrong_arity.mdl": (REFUSED, ":7: `inflow`: MAX takes 2 arguments"),
    "17_double_operator.mdl": (REFUSED, ":7: `inflow`: syntax error"),
    "19_circular_initial.mdl": (REFUSED, "circular initial values: A → B → A"),
    "21_self_reference.mdl": (REFUSED, ":2: `x`: x depends on itself"),
    "23_duplicate_case_only.mdl": (REFUSED, "are the same variable"),
    "25_subscript_count.mdl": (REFUSED, "`x` has 1 subscript, 2 used"),
    "27_unsubscripted_use.mdl": (REFUSED, ":12: `y`: `x` needs a subscript"),
    "29_unit_nonsense.mdl": (RUNS, ":7: `inflow`: the unit"),
    "31_missing_time_step.mdl": (REFUSED, "TIME STEP is missing"),
    "33_time_step_negative.mdl": (REFUSED, ":27: `TIME STEP`: TIME STEP must be greater than 0"),
    "35_saveper_zero.mdl": (REFUSED, ":32: `SAVEPER`: SAVEPER must be greater than 0"),
    "37_time_step_nan.mdl": (REFUSED, ":27: `TIME STEP`: TIME STEP is not a number"),
    "39_horizon_1e9_steps.mdl": (REFUSED, "1,000,000,000 steps"),
    "41_final_time_string.mdl": (REFUSED, ":17: `FINAL TIME`: syntax error at `'ten'`"),
    "43_nan_parameter.mdl": (RUNS, ":7: `inflow`: is not a number from Month 0 on"),
    "45_div_zero_later.mdl": (RUNS, ":17: `ratio`: is infinite at Month 5: division by zero"),
    "47_exp_overflow.mdl": (RUNS, ":2: `S`: is infinite from Month 4 on: overflow"),
    "49_lookup_empty.mdl": (REFUSED, ":2: `lk`: the lookup has no points"),
    "51_delay_time_zero.mdl": (RUNS, ":17: `d`: is not a number from Month 0 on: the delay time is 0"),
    "53_deep_parens_300.mdl": (RUNS, ""),
    "55_long_chain_5000.mdl": (RUNS, ""),
    "57_name_100k.mdl": (REFUSED, "this name has 100,000 characters"),
    "60_inject_lookup_limits.mdl": (RUNS, "were ignored"),
    "62_inject_comment_docstring.mdl": (RUNS, ""),
    "64_inject_equation_dunder.mdl": (REFUSED, ":17: `x`: syntax error"),
    "66_inject_quoted_name.mdl": (RUNS, ""),
    "68_inject_subscript_name.mdl": (RUNS, ""),
    "70_inject_get_direct.mdl": (REFUSED, ":17: `x`: no file `a.xlsx` beside the model"),
    "72_inject_limits_units.mdl": (RUNS, "were ignored"),
    "74_python_keyword_names.mdl": (RUNS, ""),
    "76_path_traversal_macro.mdl": (REFUSED, "the name of a macro holds letters"),
    "81_xxe_file.xmile": (REFUSED, "a document type declaration"),
    "83_xmile_inject_doc.xmile": (RUNS, ""),
    "85_xmile_no_simspecs.xmile": (REFUSED, "no `<sim_specs>`"),
    "87_xmile_recip_dt_zero.xmile": (REFUSED, "reciprocal of the time step"),
    "89_xmile_inject_gf_name.xmile": (REFUSED, ":2: `S`: no variable `f`"),
}
#: One column of 5,000 is enough to see the chain computed.
ARGUMENTS = {"55_long_chain_5000.mdl": ["--return", "v4999"]}


def test_the_index_is_covered() -> None:
    with (FOLDER / "index.csv").open(encoding="utf-8", newline="") as file:
        wanted = {row["file"]: row["class_"] for row in csv.DictReader(file)}
    assert set(wanted) == set(EXPECTED)
    for name, kind in wanted.items():
        code, words = EXPECTED[name]
        if kind == "reject":
            assert code == REFUSED, name
        if kind == "warn":
            assert words, name
        if kind == "accept":
            assert code == RUNS or "57_name" in name, name


@pytest.mark.parametrize("engine", ["compiled", "pysd"])
@pytest.mark.parametrize("name", EXPECTED)
def test_run(name: str, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in FOLDER.iterdir()}
    code, words = EXPECTED[name]
    arguments = ["run", str(FOLDER / name), "--engine", engine, "--out", "out.csv", *ARGUMENTS.get(name, [])]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, result.output
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    if code == REFUSED:
        lines = result.stderr.strip().splitlines()
        assert len(lines) <= 2
        assert all(line.startswith(f"policy-lab: {FOLDER / name}") for line in lines)
        assert all(len(line) < 500 for line in lines)
        assert result.stdout == ""
        assert list(tmp_path.iterdir()) == []
    else:
        assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert {path: path.stat().st_mtime_ns for path in FOLDER.iterdir()} == before
    assert not list(FOLDER.parent.glob("PWNED*"))


@pytest.mark.parametrize("name", ["64_inject_equation_dunder.mdl", "45_div_zero_later.mdl"])
def test_a_real_call(name: str, tmp_path: Path) -> None:
    program = "import sys; from policy_lab.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, "run", str(FOLDER / name)],
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    code, words = EXPECTED[name]
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.startswith("time,") == (code == RUNS)
    assert list(tmp_path.iterdir()) == []
