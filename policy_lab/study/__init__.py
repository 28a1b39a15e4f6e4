"""The question, as frozen data: parameters, designs, scenarios and the plan of what to run."""

from policy_lab.study.loader import StudyEntry, default_study, find_studies, open_study
from policy_lab.study.plan import Plan
from policy_lab.study.settings import parse_setting
from policy_lab.study.study import Study

__all__ = ["Plan", "Study", "StudyEntry", "default_study", "find_studies", "open_study", "parse_setting"]
