"""What one movement of a slider costs: processor time of each part, on the study marked default with all its designs.

Run by `python -m benchmarks.screen [STUDY]`; processor time depends least on what else is running.
"""

from __future__ import annotations

import sys
import time
from statistics import median

import numpy as np

import policy_lab as pl
from policy_lab.engine.llvm_backend import LlvmBackend
from policy_lab.lab.moving import SAMPLE, made_ready, moved
from policy_lab.lab.page import moved_message
from policy_lab.lab.sliders import sliders
from policy_lab.lab.state import first_screen

MOVES = 50


def main() -> None:
    study = pl.open_study(sys.argv[1] if len(sys.argv) > 1 else None)
    ready = made_ready(study, first_screen(study))
    _, ready = moved(ready, {})
    slider = next(one for one in sliders(study) if not one.stops)
    inside: list[float] = []
    plain = LlvmBackend.simulate

    def timed(self, *arguments, **options):
        before = time.process_time()
        try:
            return plain(self, *arguments, **options)
        finally:
            inside[-1] += time.process_time() - before

    whole, words, walls, steps = [], [], [], []
    LlvmBackend.simulate = timed
    for value in np.linspace(slider.base, slider.high, MOVES):
        inside.append(0.0)
        clock, wall = time.process_time(), time.perf_counter()
        found, ready = moved(ready, {slider.name: float(value)})
        whole.append(time.process_time() - clock)
        walls.append(time.perf_counter() - wall)
        clock = time.process_time()
        message = moved_message(found, study)
        words.append(time.process_time() - clock)
        steps.append(sum(footing.steps for footing in ready.footings.values()))
    size = f"{len(found.designs)} designs, sample {SAMPLE[0]} × {SAMPLE[1]}, {MOVES} movements"
    print(f"{study.name}, {slider.name}: {size}")
    for name, values in (("whole", whole), ("model", inside), ("message", words), ("wall", walls)):
        print(f"{name:8} median {1000 * median(values):6.1f} ms, p95 {1000 * np.quantile(values, 0.95):6.1f} ms")
    coarse = ready.coarse
    print(f"the sample: {coarse.factor} times the model's own step, again within {coarse.margin:.2g} of the bar")
    print(f"steps to rest: median {median(steps):.0f}; bytes a movement: {len(message.numbers)}")


if __name__ == "__main__":
    main()
