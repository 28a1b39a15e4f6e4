"""What all commands share: one clear message for bad input, warnings and progress on the error stream."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import click

from policy_lab.errors import PolicyLabError

BAD_INPUT = 2
"""Exit code for input that cannot be used, the same that click gives for a wrong option."""
STOPPED = 130
"""Exit code after Ctrl-C, the one that shells give."""


class Door(click.Group):
    """A group of commands that answers bad input with a message and exit code 2, never with a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except PolicyLabError as error:
            lines = str(error).splitlines() or [type(error).__name__]
            for line in lines:
                click.echo(f"policy-lab: {line}", err=True)
            ctx.exit(BAD_INPUT)
        except KeyboardInterrupt:
            click.echo("policy-lab: stopped; no half-written file is left", err=True)
            ctx.exit(STOPPED)


def warn(problems: Iterable[object]) -> None:
    """Tell warnings on the error stream, each on its line."""
    for problem in problems:
        click.echo(f"policy-lab: warning: {problem}", err=True)


def note(text: str) -> None:
    """Tell what is going on, on the error stream and only to a person at a terminal."""
    if sys.stderr.isatty():
        click.echo(text, err=True)


class Bar:
    """A progress bar over several batches of runs, whose sizes become known as they start."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar
        self._words: Any = None

    def batch(self, cases: int) -> Callable[[int, int], None]:
        """Return the callback for a batch of so many more cases."""
        start = self._bar.n
        self._bar.total = (self._bar.total or 0) + cases
        self._bar.refresh()

        def told(done: int, _: int) -> None:
            self._bar.update(start + done - self._bar.n)

        return told

    def resumed(self, done: int) -> None:
        """Say how many cases were done before: they count for no rate."""
        self._bar.n = self._bar.initial = done
        self._bar.refresh()

    def beneath(self, words: str) -> None:
        """Show a line of words beneath the bar, as much as fits."""
        if self._words is None:
            self._words = _shown(bar_format="{desc}", position=1, leave=False)
        self._words.set_description_str(words[: shutil.get_terminal_size().columns - 1])

    def close(self) -> None:
        """Take the words beneath the bar away."""
        if self._words is not None:
            self._words.close()

    def resize(self, cases: int) -> None:
        """Say how many cases there are in all, where that becomes known only as they are done."""
        self._bar.total = cases
        self._bar.refresh()


def _shown(**words: Any) -> Any:
    """Return a progress bar on the error stream, which shows itself at a terminal only."""
    from tqdm import tqdm

    # Said outright, because a terminal that does not know its own size would show nothing.
    shape = {"ncols": min(shutil.get_terminal_size().columns, 100), "nrows": 24}
    return tqdm(file=sys.stderr, disable=not sys.stderr.isatty(), **shape, **words)


@contextmanager
def progress_bar(words: str) -> Iterator[Bar]:
    """Show progress on the error stream when it is a terminal; otherwise show nothing."""
    with _shown(desc=words, unit=" runs") as bar, closing(Bar(bar)) as shown:
        yield shown


@contextmanager
def told_progress() -> Iterator[Callable[[str, int, int], None]]:
    """Give a callback for work in named parts (what, how far, of how much); silent unless at a terminal."""
    told = ""
    with _shown(unit=" steps") as bar:

        def tell(words: str, done: int, total: int) -> None:
            nonlocal told
            if bar.disable:  # a bar that shows nothing has no words to change
                return
            if words != told:
                told = words
                bar.set_description(words, refresh=False)
                bar.reset(total)
            bar.total = total
            bar.update(done - bar.n)

        yield tell
