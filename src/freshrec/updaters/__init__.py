"""Updaters: how the next model is made; one paper, one file."""

from freshrec.updaters.asmg import ASMG, ASMGState
from freshrec.updaters.base import Updater, diagnostics_of, extended_model
from freshrec.updaters.bu import BU, BUState
from freshrec.updaters.constant import Constant, ConstantState
from freshrec.updaters.ema import EMA, EMAState
from freshrec.updaters.facts import Facts, misfits_of
from freshrec.updaters.fit_settings import FitSettings, ModelFitSettings
from freshrec.updaters.incctr import IncCTR, IncCTRState
from freshrec.updaters.item_odds import ItemOdds, ItemOddsState
from freshrec.updaters.iu import IU, IUState
from freshrec.updaters.iu_counts import IUCounts, IUCountsState
from freshrec.updaters.registry import METHODS, TRIVIAL, Method, build, find_method, is_method
from freshrec.updaters.rsg import RSG, RSGState
from freshrec.updaters.sml import SML, SMLState
from freshrec.updaters.spmf import SPMF, SPMFState

__all__ = [
    "ASMG",
    "BU",
    "EMA",
    "IU",
    "METHODS",
    "RSG",
    "SML",
    "SPMF",
    "TRIVIAL",
    "ASMGState",
    "BUState",
    "Constant",
    "ConstantState",
    "EMAState",
    "Facts",
    "FitSettings",
    "IUCounts",
    "IUCountsState",
    "IUState",
    "IncCTR",
    "IncCTRState",
    "ItemOdds",
    "ItemOddsState",
    "Method",
    "ModelFitSettings",
    "RSGState",
    "SMLState",
    "SPMFState",
    "Updater",
    "build",
    "diagnostics_of",
    "extended_model",
    "find_method",
    "is_method",
    "misfits_of",
]
