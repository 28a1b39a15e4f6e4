"""`policy-lab reproduce`: does a file come out the same when its plan is run again?"""

from __future__ import annotations

from pathlib import Path

import click

from policy_lab.cli.question import with_bar

DIFFERS = 1
"""Exit code where a number is another one."""
_SHOWN = 12


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
def reproduce(file: Path) -> None:
    """Run the plan of FILE again and say whether every number in it comes out the same.

    FILE is a briefing (.docx, .pptx, .html, .odt, .pdf), a chart (.svg, .png) or a table (.csv) that policy_lab wrote.
    The exit code is 0 where all is the same and 1 where something differs.
    """
    from policy_lab.out.reproduce import reproduce as made_again

    found = with_bar("Running it again", lambda evaluate: made_again(file, evaluate))
    for line in found.inputs:
        click.echo(f"Today {line}.")
    if found.same:
        tail = f" Not compared: {'; '.join(found.unseen)}." if found.unseen else ""
        click.echo(f"{file.name}: all {found.compared:,} numbers come out the same.{tail}")
        return
    click.echo(f"{file.name}: {len(found.differences):,} differences in {found.compared:,} numbers compared.")
    for one in found.differences[:_SHOWN]:
        click.echo(f"  {one.words()}")
    if len(found.differences) > _SHOWN:
        click.echo(f"  … and {len(found.differences) - _SHOWN:,} more")
    if not found.inputs:
        click.echo("No input or version is another one: the file was changed after it was written.")
    click.get_current_context().exit(DIFFERS)
