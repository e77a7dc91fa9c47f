"""Honest comparison: the prequential loop, metrics, statistics and the report."""

from freshrec.evaluation.claim import begin_folder, claim_folder, configuration
from freshrec.evaluation.comparison import Comparison, compare
from freshrec.evaluation.drawing import COLOURS, DASHES, INK, MARKERS, Panel, Plate, inline, plate
from freshrec.evaluation.figures import METRICS, Metric, curves
from freshrec.evaluation.finding import against, headline, improvement_note, on_other_models, ranked, told_improvement
from freshrec.evaluation.lineup import Lineup, own_settings, refused_model
from freshrec.evaluation.loop import AnyUpdater, Lane, prequential, rounds
from freshrec.evaluation.metrics import auc, logloss
from freshrec.evaluation.pages import listed, render_page
from freshrec.evaluation.pretrain import Pretraining
from freshrec.evaluation.results import Result, Split, csv_bytes, read_results, write_results
from freshrec.evaluation.settings import CompareSettings
from freshrec.evaluation.splits import Splits
from freshrec.evaluation.summary import Summary, deviation, improvement, summarise
from freshrec.evaluation.tables import (
    Cell,
    Column,
    Table,
    best_of,
    improvement_cell,
    percent,
    score,
    score_cell,
    seconds,
    summary_table,
)

__all__ = [
    "COLOURS",
    "DASHES",
    "INK",
    "MARKERS",
    "METRICS",
    "AnyUpdater",
    "Cell",
    "Column",
    "CompareSettings",
    "Comparison",
    "Lane",
    "Lineup",
    "Metric",
    "Panel",
    "Plate",
    "Pretraining",
    "Result",
    "Split",
    "Splits",
    "Summary",
    "Table",
    "against",
    "auc",
    "begin_folder",
    "best_of",
    "claim_folder",
    "compare",
    "configuration",
    "csv_bytes",
    "curves",
    "deviation",
    "headline",
    "improvement",
    "improvement_cell",
    "improvement_note",
    "inline",
    "listed",
    "logloss",
    "on_other_models",
    "own_settings",
    "percent",
    "plate",
    "prequential",
    "ranked",
    "read_results",
    "refused_model",
    "render_page",
    "rounds",
    "score",
    "score_cell",
    "seconds",
    "summarise",
    "summary_table",
    "told_improvement",
    "write_results",
]
