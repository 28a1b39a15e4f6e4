"""`policy-lab run`: any model file, once, to CSV."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import click

from policy_lab.cli.door import warn
from policy_lab.errors import InputError, Problem

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("model", type=_FILE)
@click.option("--engine", type=click.Choice(["compiled", "numpy", "pysd"]), default="compiled", show_default=True)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Hold a constant, in its own unit.")
@click.option("--set-series", "series", multiple=True, metavar="NAME=FILE.csv", help="Replace a variable over time.")
@click.option("--data", multiple=True, type=_FILE, metavar="FILE", help="Table of the model's data variables.")
@click.option("--return", "outputs", multiple=True, metavar="NAME", help="Variables to write. [all]")
@click.option("--final-time", type=float, metavar="T", help="In the model's time unit. [the file's]")
@click.option("--time-step", type=float, metavar="DT", help="In the model's time unit. [the file's]")
@click.option(
    "--method", type=click.Choice(["euler", "rk2", "rk4", "adaptive"]), help="Method of integration. [the file's]"
)
@click.option("--tolerance", type=float, metavar="SHARE", help="Of each stock, for the adaptive step. [1e-6]")
@click.option("--accuracy", is_flag=True, help="Instead of values, write how many digits of each the time step leaves.")
@click.option("--out", type=_FILE, metavar="FILE.csv", help="Where to write. [standard output]")
@click.option("--unlimited", is_flag=True, help="Run however large it is.")
def run(
    model: Path,
    engine: Literal["compiled", "numpy", "pysd"],
    settings: tuple[str, ...],
    series: tuple[str, ...],
    data: tuple[Path, ...],
    outputs: tuple[str, ...],
    final_time: float | None,
    time_step: float | None,
    method: str | None,
    tolerance: float | None,
    accuracy: bool,
    out: Path | None,
    unlimited: bool,
) -> None:
    """Run MODEL (.mdl, .xmile, .stmx, .itmx) once and write a CSV.

    The table has a `time` column and one column for each variable element, spelled Stock[A,B]. With --accuracy it has
    a row for each element instead: the digits that stand at half the time step, and against a more accurate method.
    """
    from policy_lab.engine.health import numeric_warnings
    from policy_lab.model.kept import read_kept
    from policy_lab.run import model_accuracy, run_model, write_accuracy, write_series
    from policy_lab.study import parse_setting

    read = read_kept(model)
    warn(read.warnings)
    asked: dict[str, Any] = {
        "engine": engine,
        "settings": dict(parse_setting(text) for text in settings),
        "series": dict(_series(text) for text in series),
        "data": data,
        "outputs": outputs or None,
        "final_time": final_time,
        "time_step": time_step,
        "method": method,
        "tolerance": tolerance,
        "unlimited": unlimited,
    }
    if accuracy:
        found = model_accuracy(read, **asked)
        _written(out, lambda path: write_accuracy(found, path))
        click.echo(str(found), err=True)
        return
    finished = run_model(read, **asked)
    warn([*finished.warnings, *numeric_warnings(finished, read)])
    _written(out, lambda path: write_series(finished, path, columns=outputs or None))


def _written(out: Path | None, write: Callable[[Path], Path]) -> None:
    """Write a table to a file, or to standard output."""
    if out is not None:
        click.echo(f"Wrote {write(out)}", err=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        click.echo(write(Path(folder) / "table.csv").read_text(encoding="utf-8"), nl=False)


def _series(text: str) -> tuple[str, Path]:
    name, equals, path = text.rpartition("=")
    if not equals or not name.strip() or not path.strip():
        raise InputError(Problem(what=f"`{text}` does not read as NAME=FILE.csv"))
    return name.strip(), Path(path.strip())
