"""The view *Batch and stress*: an ensemble that can be cancelled and gone on with, its files, and what it hangs on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Protocol

from policy_lab.analysis.discovery import discover
from policy_lab.analysis.headline import Headline
from policy_lab.analysis.sensitivity import sensitivity
from policy_lab.errors import InputError, PolicyLabError, Problem
from policy_lab.lab.batch_files import FORMATS, exported
from policy_lab.lab.batch_plan import (
    MOST_CASES,
    MOST_FUTURES,
    MOST_WORLDS,
    Size,
    asked_size,
    earlier,
    folder_of,
    memory_of,
    planned,
    stored_plan,
    stored_screen,
)
from policy_lab.lab.batch_table import is_whole, measured_results, partial_table, table_of
from policy_lab.lab.behind import Behind
from policy_lab.lab.long_work import Cancelled, Far, Job, LongWork
from policy_lab.lab.moving import plan_of
from policy_lab.lab.page import Message, message
from policy_lab.lab.state import Screen
from policy_lab.lab.stress_answers import (
    METHOD,
    asked_pair,
    asked_question,
    counted,
    outcomes_offered,
    plain_discovery,
    plain_sensitivity,
    runs_needed,
    sensitivity_plan,
)
from policy_lab.out.batch_export import Format
from policy_lab.out.tables import write_csv
from policy_lab.results.opening import open_batch
from policy_lab.run.ensemble import run_batch
from policy_lab.run.estimate import estimate
from policy_lab.study.plan_file import PlanSet
from policy_lab.study.samplers import SAMPLERS
from policy_lab.study.study import Study

THREADS: Final = 1
"""Of the engine in each of the two parts that a batch works on at a time: whoever moves a slider has the others."""
HOME: Final = "results"
_SETTLE: Final = 0.3
"""Seconds without another choice after which its cost is estimated."""
_RESAMPLES: Final = 10


class SendFile(Protocol):
    """Hands a file to the browser, from whatever thread."""

    def __call__(self, name: str, content: bytes) -> None:
        """Hand it over."""


class StressView:
    """Answers what the third view asks for. It changes: it holds what goes on, and what came out last.

    Whatever it tells it also keeps, section by section, so that a page that is shown anew is told the same (`hello`).
    """

    def __init__(
        self, study: Study, tell: Callable[[Message], None], send_file: SendFile, *, home: Path | None = None
    ) -> None:
        self._study = study
        self._send = tell
        self._send_file = send_file
        self._home = (Path.cwd() if home is None else home) / HOME
        self._kept: dict[str, Mapping[str, Any]] = {}
        self._work = LongWork(self._far, self._fault)
        self._estimating = Behind(_SETTLE)
        self._batch: Path | None = None
        self._actions: Mapping[str, Callable[[Mapping[str, Any], Screen], None]] = {
            "hello": self._hello,
            "estimate": self._estimate,
            "run": self._run,
            "open": self._open,
            "export": self._export,
            "sensitivity": self._sensitivity,
            "discover": self._discover,
            "cancel": lambda _content, _screen: self._work.cancel(),
        }

    def answer(self, content: Mapping[str, Any], screen: Screen) -> None:
        """Begin what the page asks for; what comes of it is told as it comes.

        Raises
        ------
        InputError
            For anything that was not offered.
        """
        do = str(content.get("do"))
        if do not in self._actions:
            raise InputError(Problem(what=f"this view does not know `{do}`"))
        try:
            self._actions[do](content, screen)
        except InputError as error:
            self._fault(do, str(error))

    def stop(self) -> None:
        """Stop whatever goes on; what a batch has written stays and can be gone on with."""
        self._estimating.stop()
        self._work.cancel()

    def wait(self) -> None:
        """Wait until nothing is going on."""
        self._work.wait()
        self._estimating.wait()

    # ---------- telling

    def _tell(self, section: str, told: Mapping[str, Any], *, keep: bool = True) -> None:
        if keep:
            self._kept[section] = told
        self._send(message({**told, "section": section}, {}))

    def _far(self, far: Far) -> None:
        self._tell("work", far.plain(), keep=False)

    def _fault(self, where: str, words: str) -> None:
        self._tell("fault", {"where": where, "words": words}, keep=False)

    def _tell_earlier(self) -> None:
        now = self._batch.name if self._batch is not None else ""
        self._tell("earlier", {"batches": [one.plain() for one in earlier(self._study, self._home)], "now": now})

    # ---------- what the page asks for

    def _hello(self, _content: Mapping[str, Any], screen: Screen) -> None:
        """Tell a page that is shown anew everything that was told before."""
        usual = plan_of(self._study, screen)
        offer = {
            "usual": {"worlds": usual.worlds, "futures": usual.futures, "seed": usual.seed, "sampler": SAMPLERS[0]},
            "samplers": list(SAMPLERS),
            "most": {"worlds": MOST_WORLDS, "futures": MOST_FUTURES, "cases": MOST_CASES},
            "formats": [[name, words] for name, words in FORMATS.items()],
            "outcomes": outcomes_offered(self._study),
            "home": str(self._home),
        }
        self._tell("offer", offer, keep=False)
        for section, told in tuple(self._kept.items()):
            self._tell(section, told)
        self._tell_earlier()
        self._far(self._work.far)

    def _estimate(self, content: Mapping[str, Any], screen: Screen) -> None:
        """Measure what a batch would cost, on a handful of its own runs."""
        size = asked_size(content, len(screen.designs))
        if self._work.far.job:
            return  # the figures would be those of a busy machine; the page asks again when it is free
        self._estimating.ask(lambda stop: self._measure(screen, size, stop))

    def _measure(self, screen: Screen, size: Size, stop: Callable[[], bool]) -> None:
        try:
            plan_set = planned(self._study, screen, size)
            found = estimate(plan_set, memory=memory_of(plan_set), threads=THREADS)
        except PolicyLabError as error:
            self._fault("estimate", str(error))
            return
        if not stop():
            told = {"cases": found.cases, "seconds": found.seconds, "disk": found.disk, "tried": found.tried}
            self._tell("estimate", {**told, "size": asdict(size)})

    def _run(self, content: Mapping[str, Any], screen: Screen) -> None:
        size = asked_size(content, len(screen.designs))
        self._begin("the batch", lambda job: self._run_planned(job, screen, size))

    def _open(self, content: Mapping[str, Any], screen: Screen) -> None:
        """Show an earlier batch, or go on with it."""
        names = {one.folder.name: one for one in earlier(self._study, self._home)}
        asked = names.get(str(content.get("name")))
        if asked is None:
            raise InputError(Problem(what=f"no batch `{content.get('name')}` beside this notebook"))
        if content.get("go_on") and not asked.whole:
            self._begin("the batch", lambda job: self._go_on(job, asked.folder))
        else:
            self._begin("reading the batch", lambda job: self._read(job, asked.folder))

    def _export(self, content: Mapping[str, Any], screen: Screen) -> None:
        kind, batch = content.get("format"), self._shown_batch()
        format_ = next((name for name in FORMATS if name == kind), None)
        if format_ is None:
            raise InputError(Problem(what=f"no format `{kind}`", remedy=f"Formats: {', '.join(FORMATS)}."))
        brief = bool(content.get("brief"))
        self._begin("the export", lambda job: self._write(job, batch, format_, brief))

    def _sensitivity(self, content: Mapping[str, Any], screen: Screen) -> None:
        question = asked_question(content, self._study, screen)

        def work(job: Job) -> None:
            plan = sensitivity_plan(self._study, screen)
            inputs, runs = runs_needed(plan, question)
            job.step(f"moving {inputs:,} inputs", runs, "runs")
            found = sensitivity(plan, counted(job, runs), [question], method=METHOD)[0]
            told = plain_sensitivity(found, self._study, screen)
            self._tell("sensitivity", {**told, "screen": screen.plain(), "asked": vars(question)})

        self._begin("the sensitivity", work)

    def _discover(self, content: Mapping[str, Any], screen: Screen) -> None:
        batch = self._shown_batch()

        def work(job: Job) -> None:
            job.step("reading the runs")
            stored = open_batch(batch)
            if not is_whole(stored):
                what = "the batch is not whole, and a search of some of its worlds would be one of others"
                raise InputError(Problem(what=what, remedy="Go on with it first."))
            design, other = asked_pair(content, stored.designs)
            results = measured_results(stored)
            job.step("searching", 1 + _RESAMPLES, "searches")
            found = discover(results, design, other or None, resamples=_RESAMPLES, progress=job.progress)
            asked = {"design": design, "other": other}
            self._tell("discovery", {**plain_discovery(found), "batch": batch.name, "asked": asked})

        self._begin("the search", work)

    def _begin(self, name: str, work: Callable[[Job], None]) -> None:
        self._estimating.stop()
        self._work.start(name, work)

    def _shown_batch(self) -> Path:
        if self._batch is None:
            raise InputError(Problem(what="there is no batch yet", remedy="Run one, or open an earlier one."))
        return self._batch

    # ---------- what is done behind

    def _run_planned(self, job: Job, screen: Screen, size: Size) -> None:
        job.step("drawing worlds")
        plan_set = planned(self._study, screen, size)
        self._run_here(job, plan_set, folder_of(plan_set, self._home), memory_of(plan_set))

    def _go_on(self, job: Job, folder: Path) -> None:
        job.step("reading the plan")
        plan_set, memory = stored_plan(folder)
        self._run_here(job, plan_set, folder, memory)

    def _run_here(self, job: Job, plan_set: PlanSet, folder: Path, memory: int) -> None:
        """Run what is missing of a batch, and show it as it grows."""
        told = _Growing(self, job, plan_set, folder)
        job.step("running", plan_set.cases, "runs")
        try:
            run_batch(
                plan_set, folder, resume=True, memory=memory, threads=THREADS,
                progress=job.progress, finished=told.finished,
            )  # fmt: skip
        except Cancelled:
            if told.parts:
                self._show(folder, plan_set)
            self._tell_earlier()
            raise
        write_csv(told.headline.table(), folder / "risk.csv")  # as `policy-lab batch` leaves it
        job.step("reading what came out")
        self._show(folder, plan_set)
        self._tell_earlier()

    def _read(self, job: Job, folder: Path) -> None:
        job.step("reading what came out")
        plan_set, _ = stored_plan(folder)
        self._show(folder, plan_set)
        self._tell_earlier()

    def _show(self, folder: Path, plan_set: PlanSet) -> None:
        self.tell_table(table_of(folder, plan_set), folder, plan_set)

    def tell_table(self, table: Mapping[str, Any], folder: Path, plan_set: PlanSet) -> None:
        """Tell the page the table of a batch, and what it is a table of."""
        self._batch, plan = folder, plan_set.blocks[0].plan
        screen = stored_screen(folder, self._study)
        about = {
            "folder": str(folder),
            "name": folder.name,
            "plan": plan.describe(),
            "designs": list(plan.designs),
            "screen": None if screen is None else screen.plain(),
            "gib": f"{memory_of(plan_set) / 2**30:.17g}",
        }
        self._tell("batch", {**table, **about})

    def _write(self, job: Job, batch: Path, kind: Format, brief: bool) -> None:
        job.step(f"writing {kind}")
        found = exported(batch, kind, brief=brief, progress=lambda _what, done, total: job.progress(done, total))
        job.look()
        if found.content:
            self._send_file(found.name, found.content)
        self._tell("export", {**found.plain(), "format": kind, "batch": batch.name})


class _Growing:
    """Shows the table of a batch part by part, no more often than the work itself is told of."""

    def __init__(self, view: StressView, job: Job, plan_set: PlanSet, folder: Path) -> None:
        self._view, self._job, self._plan_set, self._folder = view, job, plan_set, folder
        self._beat = job.beat()
        self.parts = 0
        self.headline = Headline(plan_set.study, tuple(block.key for block in plan_set.blocks))

    def finished(self, path: Path) -> None:
        """Take a finished file into the table."""
        self.headline = self.headline.with_part(path)
        self.parts += 1
        if self._beat():
            self._view.tell_table(partial_table(self.headline, self._plan_set), self._folder, self._plan_set)
