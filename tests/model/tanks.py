"""Two tanks and those who watch them: a small model for the tests of pictures."""

from __future__ import annotations

from pathlib import Path

from policy_lab.model import read_model
from policy_lab.model.diagram import Diagram, outline
from policy_lab.model.sections import sections
from policy_lab.model.types import Model

CONTROL = "FINAL TIME = 9 ~~|\nINITIAL TIME = 0 ~~|\nSAVEPER = 1 ~~|\nTIME STEP = 0.5 ~~|\n"
TANKS = (
    "**** .Water **** ~ |\n"
    "upper = INTEG(rain - falling, 5) ~ litre ~ |\n"
    "lower = INTEG(share*falling - leaking, 1) ~ litre ~ |\n"
    "rain = 2 + wish ~ litre ~ |\nfalling = upper / stay ~ litre ~ |\nleaking = lower / stay ~ litre ~ |\n"
    "stay = 4 ~~|\nshare = 0.5 ~~|\n"
    "**** .People **** ~ |\n"
    "wish = SMOOTH(dryness, 3) ~~|\ndryness = 1 / (1 + lower) ~~|\nseen = INTEG(leaking, 0) ~~|\n"
)


def read(folder: Path, text: str = TANKS) -> Model:
    path = folder / "tanks.mdl"
    path.write_text("{UTF-8}\n" + text + CONTROL, encoding="utf-8")
    return read_model(path)


def drawn(model: Model, title: str, *, constants: bool = False) -> Diagram:
    return outline(model, title, sections(model)[title], constants=constants)


def edges(diagram: Diagram, *, pipe: bool) -> set[str]:
    names = [node.name or "()" for node in diagram.nodes]
    return {f"{names[edge.start]} → {names[edge.end]}" for edge in diagram.edges if edge.pipe is pipe}
