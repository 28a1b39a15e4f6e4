"""Whether somebody has chosen what a study measures."""

from __future__ import annotations

from policy_lab.errors import InputError, Problem
from policy_lab.study.study import Study
from policy_lab.study.yaml_file import read_yaml


def refuse_placeholder(study: Study) -> None:
    """Refuse to compare designs on a measure that `policy-lab new` wrote and nobody has chosen since.

    Raises
    ------
    InputError
        With the line of `study.yaml` at which the measure is marked.
    """
    if not study.file.measures.placeholder:
        return
    path = study.files["study"]
    raise InputError(
        Problem(
            what="nobody has chosen the measures yet, so that no risk can be told",
            file=path,
            line=read_yaml(path).line("measures", "placeholder"),
            remedy="Choose `shortfall` and `burden` below this line, say why under `anchor`, and take the line out.",
        )
    )
