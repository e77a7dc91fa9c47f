"""Updaters: how the next model is made; one paper, one file."""

from freshrec.updaters.asmg import ASMG, ASMGState
from freshrec.updaters.base import Updater
from freshrec.updaters.bu import BU, BUState
from freshrec.updaters.facts import Facts
from freshrec.updaters.fit_settings import FitSettings, ModelFitSettings
from freshrec.updaters.incctr import IncCTR, IncCTRState
from freshrec.updaters.iu import IU, IUState
from freshrec.updaters.registry import METHODS, Method, build
from freshrec.updaters.sml import SML, SMLState
from freshrec.updaters.spmf import SPMF, SPMFState

__all__ = [
    "ASMG",
    "BU",
    "IU",
    "METHODS",
    "SML",
    "SPMF",
    "ASMGState",
    "BUState",
    "Facts",
    "FitSettings",
    "IUState",
    "IncCTR",
    "IncCTRState",
    "Method",
    "ModelFitSettings",
    "SMLState",
    "SPMFState",
    "Updater",
    "build",
]
