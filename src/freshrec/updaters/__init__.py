"""Updaters: how the next model is made; one paper, one file."""

from freshrec.updaters.asmg import ASMG, ASMGState
from freshrec.updaters.base import Updater
from freshrec.updaters.iu import IU, IUState
from freshrec.updaters.registry import METHODS, Method, build

__all__ = ["ASMG", "IU", "METHODS", "ASMGState", "IUState", "Method", "Updater", "build"]
