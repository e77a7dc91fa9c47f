"""Honest comparison: the prequential loop, statistics and the report."""

from freshrec.evaluation.claim import begin_folder, claimed
from freshrec.evaluation.comparison import Comparison, compare
from freshrec.evaluation.drawing import COLOURS, DASHES, INK, MARKERS, Panel, Plate, inline, plate
from freshrec.evaluation.figures import axis_title, curves
from freshrec.evaluation.finding import (
    against,
    headline,
    improvement_note,
    on_extended_models,
    on_other_models,
    ranked,
    told_improvement,
)
from freshrec.evaluation.identity import class_path, configuration
from freshrec.evaluation.intervals import with_intervals
from freshrec.evaluation.lineup import Lineup, own_settings, refused_model
from freshrec.evaluation.loop import AnyUpdater, Lane, prequential, rounds
from freshrec.evaluation.measurement_files import NO_MEASUREMENTS, Measurements
from freshrec.evaluation.pages import render_page
from freshrec.evaluation.pretrain import Pretraining
from freshrec.evaluation.pretrained import first_model, model_folder, read_first_model
from freshrec.evaluation.results import COLUMNS, Result, Split, csv_bytes, csv_table, read_results, write_results
from freshrec.evaluation.settings import CompareSettings
from freshrec.evaluation.settings_section import describe_settings
from freshrec.evaluation.splits import Splits
from freshrec.evaluation.summary import SHOWN, Score, Summary, deviation, scores_of, summarise
from freshrec.evaluation.tables import (
    Cell,
    Column,
    Table,
    head,
    improvement_cell,
    percent,
    score,
    score_cell,
    score_cells,
    seconds,
    summary_table,
)

__all__ = [
    "COLOURS",
    "COLUMNS",
    "DASHES",
    "INK",
    "MARKERS",
    "NO_MEASUREMENTS",
    "SHOWN",
    "AnyUpdater",
    "Cell",
    "Column",
    "CompareSettings",
    "Comparison",
    "Lane",
    "Lineup",
    "Measurements",
    "Panel",
    "Plate",
    "Pretraining",
    "Result",
    "Score",
    "Split",
    "Splits",
    "Summary",
    "Table",
    "against",
    "axis_title",
    "begin_folder",
    "claimed",
    "class_path",
    "compare",
    "configuration",
    "csv_bytes",
    "csv_table",
    "curves",
    "describe_settings",
    "deviation",
    "first_model",
    "head",
    "headline",
    "improvement_cell",
    "improvement_note",
    "inline",
    "model_folder",
    "on_extended_models",
    "on_other_models",
    "own_settings",
    "percent",
    "plate",
    "prequential",
    "ranked",
    "read_first_model",
    "read_results",
    "refused_model",
    "render_page",
    "rounds",
    "score",
    "score_cell",
    "score_cells",
    "scores_of",
    "seconds",
    "summarise",
    "summary_table",
    "told_improvement",
    "with_intervals",
    "write_results",
]
