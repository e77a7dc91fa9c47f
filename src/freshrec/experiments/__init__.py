"""The paper's experiments, done again: each of its tables and figures by name."""

from freshrec.experiments.exhibits import EXHIBITS, Exhibit
from freshrec.experiments.measured import Measured, Shown
from freshrec.experiments.plan import ExperimentPlan
from freshrec.experiments.report import Made
from freshrec.experiments.running import Experiment, experiment
from freshrec.experiments.timing import Timing, time_generators

__all__ = [
    "EXHIBITS",
    "Exhibit",
    "Experiment",
    "ExperimentPlan",
    "Made",
    "Measured",
    "Shown",
    "Timing",
    "experiment",
    "time_generators",
]
