"""Which views are drawn from the sketch, and which are laid out."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_lab.errors import InputError
from policy_lab.model import read_model
from policy_lab.model.sections import sections
from policy_lab.model.views import diagram_of
from tests.model.tanks import CONTROL, TANKS, read


def test_a_view_without_arrows_is_a_list_and_laid_out_anew(tmp_path: Path) -> None:
    text = "{UTF-8}\n" + TANKS + CONTROL
    sketch = "\\\\\\---/// Sketch\nV300\n*Water\n$1\n10,1,upper,10,10,40,20,3,3,0,0,-1,0,0,0\n///---\\\\\\\n"
    path = tmp_path / "listed.mdl"
    path.write_text(text + sketch, encoding="utf-8")
    model = read_model(path)
    assert diagram_of(model, "Water").placed == "automatic"
    assert set(sections(model)["Water"]) >= {"upper", "lower"}, "what no view draws stands with its group"


def test_an_unknown_view_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no view `Watr`.*Water"):
        diagram_of(read(tmp_path), "Watr")
