"""What all tests share: no example of a property test fails for being slow, and CI tries the same ones each time."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("policy_lab", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("policy_lab")
