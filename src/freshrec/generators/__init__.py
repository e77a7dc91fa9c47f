"""Meta generators: from a few models of the past to the parameters that serve."""

from freshrec.generators.cell import Cell
from freshrec.generators.generation import Generation
from freshrec.generators.grouping import Grouping
from freshrec.generators.gru import GRU, PlainGRU
from freshrec.generators.linear import Linear
from freshrec.generators.lstm import LSTM
from freshrec.generators.pair import Pair, transferred, transferred_whole
from freshrec.generators.planes import Planes
from freshrec.generators.recurrent import RecurrentWeights
from freshrec.generators.residual import Correction, Residual
from freshrec.generators.rnn import RNN
from freshrec.generators.serving import generate, hand_over
from freshrec.generators.transfer import Transfer, TransferWeights
from freshrec.generators.window import Window

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Cell",
    "Correction",
    "Generation",
    "Grouping",
    "Linear",
    "Pair",
    "PlainGRU",
    "Planes",
    "RecurrentWeights",
    "Residual",
    "Transfer",
    "TransferWeights",
    "Window",
    "generate",
    "hand_over",
    "transferred",
    "transferred_whole",
]
