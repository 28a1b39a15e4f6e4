"""The child process in which PySD builds and runs a model: JSON in on standard input, arrays and JSON out as files.

It is started by `policy_lab.engine.reference` in a temporary folder of its own. Nothing that comes in but numbers,
operators and neutral names can reach the Python that PySD writes (see `policy_lab.engine.reference_tree`).
"""

from __future__ import annotations

import json
import sys
import threading
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

STACKS = (512 * 2**20, 128 * 2**20, 32 * 2**20)
FRAMES = 1_000_000
KEYWORDS = ("interpolate", "hold_backward", "look_forward", "raw")


def main() -> int:
    """Build, and run when asked, the model that stands on standard input; return the exit status."""
    request = json.loads(sys.stdin.read())
    outcome: list[int] = []
    # PySD calls one function from within another along the whole chain of auxiliaries, and a model may have thousands
    sys.setrecursionlimit(FRAMES)
    for stack in STACKS:  # a system may not give as much as is asked for
        worker = threading.Thread(target=lambda: outcome.append(_carry_out(request, Path.cwd())))
        try:
            threading.stack_size(stack)
            worker.start()
        except (RuntimeError, ValueError):
            continue
        worker.join()
        break
    return outcome[0] if outcome else 1


def _carry_out(request: dict[str, Any], folder: Path) -> int:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        import numpy as np

        np.set_printoptions(precision=17, floatmode="unique")  # PySD prints its tables: eight digits are not enough
        import pysd

        for not_about_the_model in (DeprecationWarning, RuntimeWarning):  # numbers are judged from the results
            warnings.filterwarnings("ignore", category=not_about_the_model)
        caught.clear()
        _quicken(list(request["outputs"]))
        _lead_to_tables(dict(request["texts"]), folder)
        _let_delays_be_short()
        try:
            path = _build(request, folder)
            model = pysd.load(str(path))
            if request["outputs"]:
                _run(model, request["outputs"], folder)
        except Exception as error:  # noqa: BLE001  whatever PySD raises is the outcome, and goes back as a message
            answer = {"error": f"{type(error).__name__}: {error}"[:2_000]}
            (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")
            return 1
    messages = [" ".join(str(warning.message).split()) for warning in caught]
    (folder / "answer.json").write_text(json.dumps({"warnings": list(dict.fromkeys(messages))}), encoding="utf-8")
    return 0


def _quicken(outputs: Iterable[str]) -> None:
    """Leave out what makes PySD slow on models of thousands of variables and changes no number.

    The Python that it writes need not be laid out for a reader. How often each variable is called in a step, on which
    its caching rests, is counted once for all instead of once for each; being an output counts as a call.
    """
    from collections import Counter

    from pysd.builders.python import python_model_builder
    from pysd.py_backend.model import Macro

    def counted(self: Any, element: str) -> int:
        if not hasattr(self, "_calls"):
            self._calls = Counter(outputs)
            for name, needs in self._dependencies.items():
                step = needs["step"] if name.startswith("_") else needs
                for needed, times in step.items():
                    twice = name.startswith("_") and needed in needs["initial"]
                    self._calls[needed] += (2 if twice else 1) * times if isinstance(times, int) else 0
        return int(self._calls[element])

    python_model_builder.black.format_file_contents = lambda text, **_: text
    Macro._count_calls = counted


def _let_delays_be_short() -> None:
    """Let a delay shorter than one time step go on as in every other engine, where PySD ends the run.

    PySD takes stages off a delay until each is as long as the time step, which leaves none of one that is shorter than
    a step, and it fails. Here such a delay keeps a single stage, and has no value where it had several. PySD's Python
    also divides one number by another, which raises where NumPy has no value. Other delays are as PySD has them.
    """
    import numpy as np
    from pysd.py_backend import statefuls

    def with_numbers(kind: Any, times: str) -> None:
        first = kind.__init__

        def made(self: Any, *given: Any) -> None:
            first(self, *given)
            told = getattr(self, times)
            setattr(self, times, lambda: np.float64(told()) if isinstance(told(), (int, float)) else told())

        kind.__init__ = made

    def with_stages(kind: Any) -> None:
        first = kind.initialize

        def begun(self: Any, *given: Any) -> None:
            step = self.tstep
            none_left = step() > np.min(self.delay_time_func())
            if none_left:
                self.tstep = lambda: -np.inf  # no time is shorter
            first(self, *given)
            self.tstep = step
            if none_left and self.order > 1:
                self.state = self.state * np.nan

        kind.initialize = begun

    for kind in (statefuls.Delay, statefuls.DelayN):
        with_numbers(kind, "delay_time_func")
        with_stages(kind)
    with_numbers(statefuls.Smooth, "smooth_time_func")
    with_numbers(statefuls.Trend, "average_time_function")
    with_numbers(statefuls.Forecast, "average_time")


def _build(request: dict[str, Any], folder: Path) -> Path:
    from pysd.builders.python.python_functions import functionspace
    from pysd.builders.python.python_model_builder import ModelBuilder
    from pysd.translators.structures import abstract_model as am

    from policy_lab.engine.reference_tree import CONTROLS, DIVIDE, decode

    functionspace[DIVIDE] = ("np.divide(%(0)s, %(1)s)", (("numpy",),))
    elements = []
    for one in request["elements"]:
        name = decode(one["name"])
        components = [
            _component(part, (decode(part["subscripts"]), decode(part["excepted"])), decode(part["tree"]))
            for part in one["components"]
        ]
        control = name in CONTROLS.values()
        elements.append(
            (am.AbstractControlElement if control else am.AbstractElement)(name=name, components=components)
        )
    ranges = tuple(
        am.AbstractSubscriptRange(decode(one["name"]), decode(one["elements"]), decode(one["mapping"]))
        for one in request["ranges"]
    )
    section = am.AbstractSection(
        name="__main__", path=folder / "model.py", type="main", params=[], returns=[], subscripts=ranges,
        elements=tuple(elements), constraints=(), test_inputs=(), split=False, views_dict=None,
    )  # fmt: skip
    built = ModelBuilder(am.AbstractModel(original_path=folder / "model.mdl", sections=(section,)))
    return Path(built.build_model())


def _component(part: dict[str, Any], subscripts: tuple[Any, Any], tree: Any) -> Any:
    from pysd.translators.structures import abstract_model as am

    if part["kind"] == "Data" and part["keyword"] in (None, *KEYWORDS):
        return am.AbstractData(subscripts=subscripts, ast=tree, keyword=part["keyword"])
    kind = am.AbstractLookup if part["kind"] == "Lookup" else am.AbstractComponent
    return kind(subscripts=subscripts, ast=tree)


def _lead_to_tables(texts: dict[str, str], folder: Path) -> None:
    """Let PySD's readers of tables look up what stands in the texts that the Python names by number.

    The tables lie in the child's own folder under names of ours; sheets and ranges keep theirs, which never become part
    of the Python.
    """
    from math import prod

    from pysd.py_backend import external, utils

    def resolved(self: Any, root: object) -> None:
        self.file = folder / texts[self.file]
        self.tab = texts[self.tab]
        self.cell = texts[self.cell]
        if hasattr(self, "x_row_or_col"):
            self.x_row_or_col = texts[self.x_row_or_col]
        else:
            self.transpose = self.cell.endswith("*") and prod(utils.compute_shape(self.coords)) > 1
            self.cell = self.cell.strip("*")

    external.External._resolve_file = resolved


def _run(model: Any, outputs: dict[str, list[str]], folder: Path) -> None:
    import numpy as np

    table = model.run(return_columns=list(outputs), flatten_output=True, progress=False)
    arrays = {"time": table.index.to_numpy(dtype=float)}
    for name, columns in outputs.items():
        missing = np.full(len(table), np.nan)
        found = [table[column].to_numpy(dtype=float) if column in table else missing for column in columns]
        arrays[name] = np.stack(found, axis=1)
    np.savez(folder / "values.npz", **arrays)


if __name__ == "__main__":
    sys.exit(main())
