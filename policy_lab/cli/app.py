"""`policy-lab app`: the screen in a browser, without a notebook."""

from __future__ import annotations

import threading
import webbrowser
from pathlib import Path
from typing import Any

import click

from policy_lab.errors import InputError, Problem

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@click.command()
@click.argument("study", required=False, metavar="[STUDY|MODEL]")
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="[a free one]")
@click.option("--host", default="127.0.0.1", metavar="NAME", help="Serve to other machines too; read the warning.")
@click.option("--no-browser", is_flag=True, help="Print the address only.")
@click.option("--screen", type=click.Path(path_type=Path), metavar="FILE", help="Open at a screen that was saved.")
@click.option("--designs", metavar="A,B,…", help="Shown first, overlays as DESIGN+OVERLAY. [study's own]")
@click.option("--worlds", type=click.IntRange(min=1), metavar="K", help="Draws of what is not known. [study's own]")
@click.option("--futures", type=click.IntRange(min=1), metavar="S", help="Draws of luck in each world. [study's own]")
@click.option(
    "--data", multiple=True, type=click.Path(path_type=Path), metavar="FILE", help="Of a MODEL that waits for it."
)
def app(
    study: str | None,
    port: int,
    host: str,
    no_browser: bool,
    screen: Path | None,
    designs: str | None,
    worlds: int | None,
    futures: int | None,
    data: tuple[Path, ...],
) -> None:
    """Open the screen of STUDY, or of a MODEL file, in a browser: sliders that answer while you move them.

    Serves it on this machine alone, to whoever has the address that it prints. Each page has a model and sliders of
    its own. Nothing is fetched from the network. Ctrl-C ends it.
    """
    serving, title_of = _installed()
    told: dict[str, Any] = {
        "screen": None if screen is None else str(screen.resolve()),
        "designs": None if designs is None else [name.strip() for name in designs.split(",") if name.strip()],
        "worlds": worlds,
        "futures": futures,
    }
    if data:
        told["data"] = [str(file.resolve()) for file in data]
    title = title_of(study, **told)
    told["study"] = study if study is None or not Path(study).exists() else str(Path(study).resolve())
    served = serving.Served(title, told, host, port)

    def ready(address: str) -> None:
        click.echo(f"{title}, with sliders:\n\n    {address}\n")
        if host not in _LOOPBACK:
            click.echo(
                f"policy-lab: warning: other machines can reach this ({host}). What is sent is not encrypted: whoever "
                "listens on the network can read the address and open the screen. Use it on a network you trust.",
                err=True,
            )
        click.echo("Whoever has this address can open the screen and move its sliders. Stop it with Ctrl-C.")
        if not no_browser:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    serving.serve(served, ready)
    click.echo("Stopped.")


def _installed() -> tuple[Any, Any]:
    """Return what serves, and what checks the opening; say what is missing where the extra is not installed."""
    try:
        from policy_lab.lab.app import server
        from policy_lab.lab.opened import title_of
    except ModuleNotFoundError as error:
        remedy = "Install policy_lab with the extra `lab`: pip install 'policy_lab[lab]'."
        raise InputError(Problem(what=f"the app needs the package {error.name}", remedy=remedy)) from error
    return server, title_of
