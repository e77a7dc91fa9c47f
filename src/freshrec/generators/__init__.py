"""Meta generators: from a window of snapshots to the parameters that serve, coordinate by coordinate."""

from freshrec.generators.gru import GRU, GRUWeights
from freshrec.generators.planes import Planes
from freshrec.generators.window import Generation, Window, generate, hand_over

__all__ = ["GRU", "GRUWeights", "Generation", "Planes", "Window", "generate", "hand_over"]
