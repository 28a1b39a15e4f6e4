"""The one test of association that `models/safeguarding/association.yaml` declared before it was computed.

Boards were judged once; the workforce of the same places is published from 2017 on. Do the two go together? The file
says which figures, which places are left out, which test, and how its outcome is read. This script adds no choice of
its own. The model has no part in it: whatever comes out is no validation.

    python benchmarks/association.py             # print the page
    python benchmarks/association.py --record    # write association.md too
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from scipy.stats import bootstrap, permutation_test, rankdata

from policy_lab.provenance import bundled, file_digest

HERE = Path(__file__).parent
DECLARATION = bundled("models") / "safeguarding" / "association.yaml"


@dataclass(frozen=True)
class Association:
    """Spearman's rank correlation over places, its permutation p value and its bootstrap interval."""

    rho: float
    p: float
    low: float
    high: float
    places: int


def declared(path: Path = DECLARATION) -> dict[str, Any]:
    """Return the declaration."""
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def pairs(test: dict[str, Any], data: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return the places with both figures (``place``, ``grade`` from 1, ``figure``), and who was left out and why."""
    judgement, figure = test["judgement"], test["figure"]
    grades = pd.read_csv(data / judgement["table"], dtype={judgement["place"]: str})
    order = {name: number for number, name in enumerate(judgement["order"], start=1)}
    graded = pd.DataFrame({"place": grades[judgement["place"]], "grade": grades[judgement["column"]].map(order)})
    rows = pd.read_csv(data / figure["table"], dtype={figure["place"]: str})
    for column, value in figure["only"].items():
        rows = rows[rows[column].astype(str) == value]
    rows = rows[rows[figure["place"]].isin(graded["place"])]
    told = [f"{len(graded)} boards were judged; {len(rows)} of their places have a row of that year."]
    for rule in test["left_out"]:
        column = rows[rule["column"]]
        out = (
            column.isna()
            if "blank" in rule
            else column < rule["below"]
            if "below" in rule
            else column <= rule["at_most"]
        )
        told.append(f"{int(out.sum())} left out. {rule['reason']}")
        rows = rows[~out]
    figures = pd.DataFrame({"place": rows[figure["place"]], "figure": rows[figure["column"]]})
    return graded.merge(figures, on="place").sort_values("place", ignore_index=True), told


def rank_correlation(one: np.ndarray, other: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return Spearman's rank correlation along an axis; ties take their mean rank."""
    ranks = [rankdata(values, axis=axis) for values in (one, other)]
    first, second = (rank - rank.mean(axis=axis, keepdims=True) for rank in ranks)
    size = np.sqrt((first**2).sum(axis=axis) * (second**2).sum(axis=axis))
    return np.asarray((first * second).sum(axis=axis) / size)


def chance(grades: np.ndarray, figures: np.ndarray, test: dict[str, Any]) -> float:
    """Return how often grades dealt out anew among the places go with the figures as closely: the p value."""
    found = permutation_test(
        (grades,),
        lambda dealt, axis=-1: rank_correlation(dealt, np.broadcast_to(figures, dealt.shape), axis),
        permutation_type="pairings",
        vectorized=True,
        n_resamples=test["permutations"],
        alternative=test["alternative"],
        batch=10_000,
        rng=np.random.default_rng(test["seed"]),
    )
    return float(found.pvalue)


def associated(grades: np.ndarray, figures: np.ndarray, test: dict[str, Any]) -> Association:
    """Return the association of grades and figures, as declared: permutation of the pairing, bootstrap over places."""
    interval = bootstrap(
        (grades, figures),
        rank_correlation,
        paired=True,
        vectorized=True,
        n_resamples=test["resamples"],
        confidence_level=test["interval"],
        method="BCa",
        rng=np.random.default_rng(test["seed"]),
    ).confidence_interval
    rho, p = float(rank_correlation(grades, figures)), chance(grades, figures, test)
    return Association(rho, p, float(interval.low), float(interval.high), len(grades))


def page(test: dict[str, Any], data: Path) -> str:
    """Return the page: what was declared, what came out, and how it may be read."""
    table, told = pairs(test, data)
    found = associated(table["grade"].to_numpy(), table["figure"].to_numpy(), test["test"])
    order, how = test["judgement"]["order"], test["test"]
    sure = found.p < how["level"]
    made = (
        f"Made by `python benchmarks/association.py --record`. Declared on {test['declared']} in "
        "`models/safeguarding/association.yaml`, before it was computed. **An association is not a cause, and this is "
        "no validation**: the model had no part in the figures."
    )
    sign = f" The sign is {'positive' if found.rho > 0 else 'negative'}; {how['expected_sign']} was expected."
    result = (
        f"**Spearman's rank correlation {round(found.rho, 2) + 0.0:.2f}** ({how['interval']:.0%} interval "
        f"{found.low:.2f} to {found.high:.2f}; {found.places} places; permutation p {found.p:.2g}, "
        f"{how['alternative']}). {test['reading']['below_level' if sure else 'otherwise']}{sign if sure else ''}"
    )
    lines = [
        *(f"# {test['title']}", "", made, "", test["question"], "", result, ""),
        "| grade | places | median | middle half |",
        "|---|---|---|---|",
    ]
    for number, name in enumerate(order, start=1):
        values = table.loc[table["grade"] == number, "figure"]
        low, middle, high = values.quantile([0.25, 0.5, 0.75])
        lines.append(f"| {name} | {len(values)} | {middle:.1f} | {low:.1f} to {high:.1f} |")
    lines += ["", f"Figure: {test['figure']['title']}.", "", *(f"- {one}" for one in told), ""]
    lines += ["Cautions, declared with the test:", "", *(f"- {one}" for one in test["cautions"]), ""]
    names = (test["judgement"]["table"], test["figure"]["table"])
    digests = ", ".join(f"`{name}` {file_digest(data / name)[:12]}" for name in names)
    lines.append(f"Data: {digests}; declaration {file_digest(DECLARATION)[:12]}.")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true")
    asked = parser.parse_args()
    text = page(declared(), bundled("data"))
    print(text)
    if asked.record:
        (HERE / "association.md").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
