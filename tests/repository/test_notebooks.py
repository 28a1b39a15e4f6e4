"""Each notebook is short and runs from top to bottom where only the package is installed."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from policy_lab.study.posterior import POSTERIOR_FILE

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NEEDS = {"03_calibration": ROOT / "models" / "safeguarding" / POSTERIOR_FILE}
"""What a notebook reads that one clone may lack: draws are saved by a run of many minutes."""


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, tmp_path: Path) -> None:
    if path.stem in NEEDS and not NEEDS[path.stem].is_file():
        pytest.skip(f"no {NEEDS[path.stem].name} is saved: policy-lab calibrate --method posterior --save")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert len(notebook.cells) < 15
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    assert any(cell.get("outputs") for cell in notebook.cells if cell.cell_type == "code")
