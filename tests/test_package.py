from __future__ import annotations

import re
import subprocess
import sys

import policy_lab as pl

HEAVY = ("llvmlite", "matplotlib", "numpy", "pandas", "pyarrow", "pydantic", "pysd", "scipy")


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = f"import sys, policy_lab; print([name for name in {HEAVY} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_every_public_name_can_be_used() -> None:
    for name in pl.__all__:
        assert callable(getattr(pl, name)), name
        assert name in dir(pl)
    assert sorted(pl.__all__) == sorted(pl._HOMES)


def test_the_groups_of_the_docstring_name_public_names_once_each() -> None:
    told = re.findall(r"``(\w+)``", pl.__doc__ or "")
    assert len(told) == len(set(told)) > 30
    assert set(told) <= set(pl.__all__)


def test_run_is_a_verb_before_and_after_its_room_is_imported() -> None:
    code = "import policy_lab as pl; print(callable(pl.run)); import policy_lab.run.batch; print(callable(pl.run))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["True", "True"]


def test_other_names_are_refused() -> None:
    assert not hasattr(pl, "open_studdy")
