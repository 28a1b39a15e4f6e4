"""What drives what, element by element."""

from __future__ import annotations

from pathlib import Path

from policy_lab.model import Model, read_model
from policy_lab.model.links import element_links, variable_links

CONTROL = "INITIAL TIME = 0 ~~|\nFINAL TIME = 1 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"


def read(folder: Path, text: str) -> Model:
    path = folder / "model.mdl"
    path.write_text("{UTF-8}\n" + text + "\n" + CONTROL, encoding="utf-8")
    return read_model(path)


def links_of(model: Model) -> set[str]:
    return {f"{cause} → {effect}" for cause, effect in element_links(model) if effect != "SAVEPER"}


def test_links_follow_elements_aliases_sums_and_exceptions(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        "T: a, b ~~|\nU <-> T ~~|\nV: v1, v2 -> T ~~|\n"
        "p[T] = 1, 2 ~~|\nq[V] = 1, 2 ~~|\n"
        "sum of p = SUM(p[T!]) ~~|\n"
        "pair[T,U] = p[T] - p[U] ~~|\n"
        "mapped[T] = q[V] ~~|\nthe other way[U] = p[T] ~~|\n"
        "S[T] = INTEG(sum of p, p[b]) ~~|\n"
        "e[T] :EXCEPT: [a] = p[T] ~~|\ne[a] = Time ~~|\n"
        "looked up = curve(sum of p) ~~|\ncurve((0,0),(1,1)) ~~|",
    )
    assert links_of(model) == {
        "p[a] → sum of p", "p[b] → sum of p",
        "p[a] → pair[a,a]", "p[a] → pair[a,b]", "p[b] → pair[a,b]", "p[b] → pair[b,a]", "p[a] → pair[b,a]",
        "p[b] → pair[b,b]",
        "q[v1] → mapped[a]", "q[v2] → mapped[b]", "p[a] → the other way[a]", "p[b] → the other way[b]",
        "sum of p → S[a]", "sum of p → S[b]", "p[b] → S[a]", "p[b] → S[b]",
        "p[b] → e[b]",
        "sum of p → looked up", "curve → looked up",
    }  # fmt: skip
    assert ("q", "mapped") in variable_links(model)


def test_a_planted_edge_shows(tmp_path: Path) -> None:
    """An agency that looks into another's staff without joint work must be seen by the graph test of a study."""
    clean = "T: a, b ~~|\nown[T] = 1, 2 ~~|\nseen[a] = own[a] ~~|\nseen[b] = own[b] ~~|"
    crossing = {("own[b]", "seen[a]")}
    assert not element_links(read(tmp_path, clean)) & crossing
    assert element_links(read(tmp_path, clean.replace("own[a] ~~|\nseen[b]", "own[b] ~~|\nseen[b]"))) & crossing


def test_thousands_of_elements(tmp_path: Path) -> None:
    names = ", ".join(f"t{place}" for place in range(60))
    model = read(
        tmp_path, f"T: {names} ~~|\nU <-> T ~~|\nm[T,U] = p[T] * p[U] ~~|\np[T] = SUM(k[U!]) ~~|\nk[T] = 1 ~~|"
    )
    links = element_links(model)
    assert len(links) == 2 * 3600 - 60 + 3600
