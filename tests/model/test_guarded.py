"""PySD's parser without its `eval`: nothing that calls it is left, and the trees mean what PySD's mean."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysd.translators.vensim import vensim_element, vensim_file, vensim_section, vensim_utils
from pysd.translators.vensim.vensim_file import VensimFile
from pysd.translators.xmile import xmile_element, xmile_utils

from policy_lab.errors import InputError
from policy_lab.model import guarded, read_model
from policy_lab.model.translation import guarded_parse

ROOT = Path(__file__).parents[2]
CONTROL = "INITIAL TIME = 0 ~~|\nFINAL TIME = 1 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"
DANGEROUS = {"eval", "exec", "compile", "__import__"}
REPLACED = {
    (vensim_element, "EquationVisitor"): guarded.VensimVisitor,
    (vensim_element, "LookupsVisitor"): guarded.VensimLookupVisitor,
    (xmile_element, "EquationVisitor"): guarded.XmileVisitor,
}


def methods_that_execute_text(module: ModuleType) -> list[tuple[str, str]]:
    """Return (class, method) for everything in a module of PySD's that calls eval or its kin."""
    found = []
    for one in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(one, ast.ClassDef):
            for method in one.body:
                calls = [node.func for node in ast.walk(method) if isinstance(node, ast.Call)]
                if any(isinstance(func, ast.Name) and func.id in DANGEROUS for func in calls):
                    found.append((one.name, getattr(method, "name", "")))
    return found


@pytest.mark.parametrize("module", [vensim_element, xmile_element], ids=lambda module: module.__name__)
def test_every_method_of_pysd_that_executes_text_is_replaced(module: ModuleType) -> None:
    found = methods_that_execute_text(module)
    assert found, "PySD no longer calls eval here: the guard may be simplified"
    for owner, method in found:
        ours = getattr(REPLACED[module, owner], method)
        assert ours is not getattr(getattr(module, owner), method)
        assert ours.__module__ == guarded.__name__


@pytest.mark.parametrize(
    "module", [vensim_file, vensim_section, vensim_utils, xmile_utils, guarded], ids=lambda module: module.__name__
)
def test_no_other_module_of_the_parser_executes_text(module: ModuleType) -> None:
    names = {node.func.id for node in ast.walk(ast.parse(inspect.getsource(module)))
             if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}  # fmt: skip
    assert not names & DANGEROUS


@pytest.mark.parametrize("path", sorted((ROOT / "models").rglob("*.mdl")), ids=lambda path: path.stem)
def test_our_trees_are_those_of_pysd(path: Path) -> None:
    file = VensimFile(path)
    file.parse()
    theirs = {element.name: element for element in file.get_abstract_model().sections[0].elements}
    ours = {element.name: element for element in guarded_parse(path).sections[0].elements}
    assert set(ours) == set(theirs)
    for name, element in ours.items():
        for mine, original in zip(element.components, theirs[name].components, strict=True):
            assert mine.subscripts == original.subscripts
            assert shown(mine.ast) == shown(original.ast), name


def shown(tree: object) -> str:
    """Write a tree out, its drawing limits and kinds of containers left aside."""
    if hasattr(tree, "__dataclass_fields__"):
        parts = [f"{name}={shown(value)}" for name, value in vars(tree).items() if not name.endswith("_limits")]
        return f"{type(tree).__name__}({', '.join(parts)})"
    if isinstance(tree, (list, tuple)):
        return f"[{', '.join(map(shown, tree))}]"
    return repr(float(tree)) if isinstance(tree, (int, float)) else repr(tree)


HOSTILE = "__import__('pathlib').Path('PWNED').touch()"


@pytest.mark.parametrize(
    "text",
    [
        f"x = {HOSTILE} ~~|",
        f"x = MAX({HOSTILE}, 1) ~~|",
        f"x = WITH LOOKUP(Time, ([{HOSTILE}],(0,0),(1,1))) ~~|",
        f"x = WITH LOOKUP(Time, (({HOSTILE},0),(1,1))) ~~|",
        f"lk([{HOSTILE}],(0,0),(1,1)) ~~|\nx = lk(Time) ~~|",
        f"lk(({HOSTILE},0),(1,1)) ~~|\nx = lk(Time) ~~|",
        f"x = GET DIRECT DATA('{HOSTILE}', 'b', 'c', 'd') ~~|",
        f"x = 1 ~ unit [{HOSTILE},1] ~ {HOSTILE} |",
        f"x[{HOSTILE}] = 1 ~~|",
        f"D: {HOSTILE} ~~|\nx = 1 ~~|",
    ],
)
def test_nothing_in_a_file_is_executed(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "model.mdl"
    path.write_text("{UTF-8}\n" + text + "\n" + CONTROL, encoding="utf-8")
    try:
        read_model(path)
    except InputError as error:
        assert all(problem.line for problem in error.problems)
    assert [one.name for one in tmp_path.iterdir()] == ["model.mdl"]


@given(
    st.lists(st.tuples(st.integers(-99, 99), st.integers(-99, 99)), min_size=1, max_size=9, unique_by=lambda p: p[0])
)
def test_points_of_a_lookup_are_sorted_by_x(points: list[tuple[int, int]]) -> None:
    table = guarded.lookup_from([(float(x), float(y)) for x, y in points])
    assert list(zip(table.x, table.y, strict=True)) == sorted((float(x), float(y)) for x, y in points)


def test_names_are_split_at_commas_outside_quotes() -> None:
    assert guarded.split_names('a , "b, c" ,d!') == ["a", '"b, c"', "d!"]
