"""The command line: a thin door over the public functions."""

from __future__ import annotations

import click

from policy_lab.cli.app import app
from policy_lab.cli.batch import batch
from policy_lab.cli.believe import believe
from policy_lab.cli.brief import brief
from policy_lab.cli.calibrate import calibrate
from policy_lab.cli.check import check
from policy_lab.cli.clauses import clauses
from policy_lab.cli.compare import compare
from policy_lab.cli.decide import decide
from policy_lab.cli.describe import describe, list_everything
from policy_lab.cli.discover import discover
from policy_lab.cli.door import Door
from policy_lab.cli.elicit import elicit
from policy_lab.cli.export import export
from policy_lab.cli.loops import loops
from policy_lab.cli.new import new
from policy_lab.cli.optimise import optimise
from policy_lab.cli.places import places
from policy_lab.cli.plan import plan
from policy_lab.cli.reproduce import reproduce
from policy_lab.cli.run import run
from policy_lab.cli.sensitivity import sensitivity
from policy_lab.cli.threshold import threshold
from policy_lab.cli.watch import watch


@click.group(cls=Door, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="policy_lab", prog_name="policy-lab")
def main() -> None:
    """Compare policy designs with system-dynamics models.

    Which is least likely to fall short, and how sure can we be?
    """


for _command in (
    compare,
    app,
    decide,
    clauses,
    believe,
    watch,
    brief,
    reproduce,
    run,
    check,
    calibrate,
    describe,
    loops,
    elicit,
    places,
    new,
    plan,
    batch,
    export,
    sensitivity,
    discover,
    optimise,
    list_everything,
    threshold,
):
    main.add_command(_command)
