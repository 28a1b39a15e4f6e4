"""The flagship, compiled once for the tests of its behaviour."""

from __future__ import annotations

import pytest

from policy_lab.engine import compile_model
from policy_lab.study import open_study
from tests.models.flagship import Flagship


@pytest.fixture(scope="session")
def flagship() -> Flagship:
    study = open_study("safeguarding")
    return Flagship(study, compile_model(study.model))
