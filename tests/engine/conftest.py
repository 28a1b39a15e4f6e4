from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from policy_lab.engine import Series
from policy_lab.engine.accuracy import differences
from policy_lab.model import Model, read_model

MODELS = Path(__file__).parent / "models"


@pytest.fixture(scope="session", autouse=True)
def cache_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the machine code of all tests of one session in one folder of their own."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if base.name.startswith("popen") else base) / "machine-code"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLICY_LAB_CACHE", str(folder))
        yield folder


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Model]:
    """Return a function that writes a model out of equations and reads it."""

    def write(
        *equations: str, initial: float = 0, final: float = 10, step: float = 0.25, save: float | None = None
    ) -> Model:
        settings = {"INITIAL TIME": initial, "FINAL TIME": final, "TIME STEP": step, "SAVEPER": save or step}
        lines = [*equations, *(f"{name} = {value!r}" for name, value in settings.items())]
        path = tmp_path / "written.mdl"
        path.write_text("{UTF-8}\n" + "".join(f"{line}\n\t~\t\n\t~\t\n\t|\n\n" for line in lines), encoding="utf-8")
        return read_model(path)

    return write


@pytest.fixture
def agree() -> Callable[..., None]:
    """Return a function that fails unless two series have the same variables and values."""

    def check(ours: Series, theirs: Series, tolerance: float = 1e-9) -> None:
        names = [ours.spelled(name) for name in theirs.values]
        assert len(names) == len(ours.values)
        assert ours.time == pytest.approx(theirs.time, abs=1e-12)
        for name in names:
            assert ours.element_names(name) == tuple(
                n.replace(theirs.spelled(name), name, 1) for n in theirs.element_names(name)
            )
            mine, other = ours[name], theirs[name]
            scale = np.maximum(np.abs(mine), np.abs(other))
            same = (mine == other) | (np.isnan(mine) & np.isnan(other))
            with np.errstate(all="ignore"):
                apart = np.where(same, 0.0, np.abs(mine - other) / np.maximum(scale, 1e-9))
            assert not np.any(~(apart <= tolerance)), f"{name}: {np.nanmax(apart):.2e}"

    return check


@pytest.fixture
def worst() -> Callable[[Series, Series], float]:
    """Return a function that gives the largest relative difference of two series."""
    return lambda first, second: differences(first, second)[0].relative
