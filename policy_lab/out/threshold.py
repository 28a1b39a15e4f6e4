"""Write a bar into `study.yaml`, keeping its comments: the one place where a study's file is changed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from policy_lab.analysis.threshold import AnchoredBar
from policy_lab.analysis.words import percent
from policy_lab.results.files import written_whole
from policy_lab.study import Study

DECIMALS = 4


def save_bar(study: Study, found: AnchoredBar, *, today: dt.date | None = None) -> Path:
    """Write the bar, those beside it, the date and the model's digest into the study's file.

    Comments, order and quotes of the file stay. Returns the file.

    Raises
    ------
    InputError
        When the file cannot be written.
    """
    from ruamel.yaml import YAML

    file = study.files["study"]
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    content = yaml.load(file.read_text(encoding="utf-8"))
    shortfall = content["measures"]["shortfall"]
    own = study.file.measures.shortfall.anchor.share
    shortfall["threshold"] = round(found.own, DECIMALS)
    shortfall["anchor"]["set_on"] = today or dt.date.today()
    shortfall["anchor"]["model_digest"] = study.model.content
    beside = {f"{percent(share)} of places": round(bar, DECIMALS) for share, bar in found.bars.items() if share != own}
    if beside:
        shortfall["also_thresholds"] = beside
    with written_whole(file) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as text:
        yaml.dump(content, text)
    return file
