"""Calibration against published series: likelihood, point, posterior, skill, and what the data cannot say."""

from policy_lab.analysis.calibration.calibrate import Calibration, Effort, calibrate
from policy_lab.analysis.calibration.place import PLACE_EFFORT, PlaceCalibration, calibrate_place
from policy_lab.analysis.calibration.saved import read_calibration

__all__ = [
    "PLACE_EFFORT",
    "Calibration",
    "Effort",
    "PlaceCalibration",
    "calibrate",
    "calibrate_place",
    "read_calibration",
]
