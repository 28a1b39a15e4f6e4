from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from policy_lab.cli import main
from policy_lab.provenance import bundled
from policy_lab.study import open_study


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_the_list_names_every_study_and_its_models():
    done = policy_lab("list")
    assert done.exit_code == 0
    for folder in bundled("models").iterdir():
        if folder.is_dir():
            assert f"{folder.name}" in done.stdout
            for model in folder.glob("*.mdl"):
                assert str(model) in done.stdout
    assert done.stdout.count("(default)") == 1


def test_a_study_tells_designs_levers_scenarios_and_the_bar():
    study = open_study("fishery")
    done = policy_lab("describe", "fishery")
    assert done.exit_code == 0
    for name in (*study.designs, *study.overlays, *study.scenarios, *study.file.levers, *study.file.outcomes):
        assert name in done.stdout
    assert study.file.measures.shortfall.anchor.source in done.stdout
    assert study.file.words.not_a_forecast in done.stdout


def test_a_model_tells_every_variable_with_unit_and_line():
    model = open_study("fishery").model
    done = policy_lab("describe", model.path)
    assert done.exit_code == 0
    for variable in model.variables.values():
        assert f"  {variable.name}" in done.stdout
    stock = model["Fish stock"]
    assert f"Fish stock ({stock.unit}), line {stock.line}" in done.stdout


def test_a_model_tells_where_values_from_tables_stand():
    done = policy_lab("describe", Path(__file__).parents[1] / "conformance" / "direct_constants.mdl")
    assert done.exit_code == 0
    assert "read from direct.csv, D2*" in done.stdout
    assert "read from direct.csv, B2; direct.csv, D3" in done.stdout
    assert "read from direct.xlsx, sheet Numbers, one_number" in done.stdout


def test_the_keys_of_a_study_are_explained():
    done = policy_lab("describe", "--keys")
    assert done.exit_code == 0
    assert "What `compare` does unless told otherwise." in done.stdout
    assert "base (needed): The design at rest at the start of a switch" in done.stdout


def test_what_is_not_there_is_answered_with_the_nearest():
    done = policy_lab("describe", "fishry")
    assert done.exit_code == 2
    assert "fishery" in done.stderr
    assert "Traceback" not in done.output


def test_version_and_help():
    assert "policy-lab" in policy_lab("--version").stdout
    for command in ("compare", "run", "describe", "list", "threshold"):
        assert command in policy_lab("--help").stdout
        assert policy_lab(command, "--help").exit_code == 0


def test_a_model_tells_whether_its_units_agree(tmp_path: Path):
    model = open_study("fishery").model
    done = policy_lab("describe", model.path)
    assert "0 clashes of units, 0 bare numbers" in done.stdout.partition("\nUNITS\n")[2]
    wrong = tmp_path / "wrong.mdl"
    text = model.path.read_text(encoding="utf-8")
    assert "~	tonne/Month\n	~	Schaefer" in text
    wrong.write_text(
        text.replace("~	tonne/Month\n	~	Schaefer", "~	tonne\n	~	Schaefer"), encoding="utf-8"
    )
    told = policy_lab("describe", wrong).stdout.partition("\nUNITS\n")[2].splitlines()
    assert "2 clashes of units" in told[0]
    assert any("`Growth`: the equation is in `tonne/Month`, but `tonne` is declared" in line for line in told[1:])


def test_only_the_first_of_many_clashes_are_told(tmp_path: Path):
    file = tmp_path / "many.mdl"
    lines = "".join(f"x{place} = Time ~ boat ~|\n" for place in range(50))
    clock = "".join(f"{name} = 1 ~ Month ~|\n" for name in ("INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER"))
    file.write_text(f"{{UTF-8}}\n{lines}{clock}", encoding="utf-8")
    told = policy_lab("describe", file).stdout.partition("\nUNITS\n")[2].splitlines()
    assert len(told) == 22
    assert "50 clashes of units" in told[0]
    assert told[-1].strip() == "… and 30 more"


def test_a_study_tells_each_design_whole_and_fits_a_hundred_columns():
    study = open_study("safeguarding")
    done = policy_lab("describe", "safeguarding")
    words = " ".join(done.stdout.split())
    for name, design in study.designs.items():
        assert f"{name}: {design.title}, in short {design.short}" in words
        assert f"Members: {', '.join(design.members)}." in words
        assert all(f"{lever} {score.mode:g}" in words for lever, score in design.levers.items())
    paths = [line for line in done.stdout.splitlines() if len(line) > 100]
    assert all(line.startswith("Folder: ") for line in paths)
