from __future__ import annotations

import pandas as pd

from policy_lab.charts.contraction import contraction_finding


def table(**narrowed: tuple[float, float]) -> pd.DataFrame:
    rows = [
        {"parameter": name, "structure": f"structure {at}", "data": "silent" if value < 0.1 else "speak"}
        for name, values in narrowed.items()
        for at, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


def test_a_parameter_counts_as_narrowed_when_it_is_so_under_every_structure():
    found = contraction_finding(table(quits=(0.9, 0.8), trust=(0.4, 0.05), learning=(0.02, 0.0)))
    assert found.startswith(
        "The data narrow 1 of 3 fitted parameters whichever structure is assumed; on 2 they are silent"
    )
    assert contraction_finding(table(trust=(0.0, 0.3))).startswith("The data narrow none of 1 fitted parameter")
    assert "all 2 fitted parameters" in contraction_finding(table(quits=(0.9, 0.8), plans=(0.3, 0.4)))
