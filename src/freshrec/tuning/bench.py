"""What trials are run on: the periods before the tests, and the models that were pre-trained on the first of them."""

from dataclasses import dataclass
from pathlib import Path

from freshrec.data import Stream
from freshrec.errors import CorruptError
from freshrec.evaluation import Pretraining, Splits, class_path, first_model, model_folder, read_first_model
from freshrec.kernels import one_torch_thread
from freshrec.metrics import Metric
from freshrec.models import ModelClass
from freshrec.progress import Progress, Silent
from freshrec.seeds import derive
from freshrec.training import Fitted, Run
from freshrec.tuning.facts import validated
from freshrec.updaters import Facts

__all__ = ["Bench"]


@dataclass(frozen=True)
class Bench:
    """The same for every trial, in whichever process it is run.

    Attributes:
        stream: the periods until the one that the last validation model is scored on; there are no later ones.
        splits: how the periods of the whole stream are used.
        dim: D, the embedding dimension of base models.
        device: where models are trained and scored.
        metrics: what trials are measured by; the first chooses the epochs of pre-training.
        seeds: the root seeds of the runs that each trial has.
        folder: where pre-trained models are.
    """

    stream: Stream
    splits: Splits
    dim: int
    device: str
    metrics: tuple[Metric, ...]
    seeds: tuple[int, ...]
    folder: Path

    @property
    def facts(self) -> Facts:
        """What decides whether a setting can be validated here."""
        return validated(Facts.of(self.stream.schema), self.splits)

    def run(self, kind: ModelClass, seed: int, progress: Progress | None = None) -> Run:
        """A run of a base model, with no work shared yet."""
        model = kind(self.stream.schema_after(self.splits.pretrain), dim=self.dim, seed=derive(seed, "model"))
        return Run(model.to(self.device), seed, progress or Silent())

    def pretrain(self, kind: ModelClass, seed: int, pretraining: Pretraining, progress: Progress) -> None:
        """Train the first model of a run and keep it in the folder, where it is not there yet.

        Raises:
            DivergedError: a loss or parameter became NaN or infinite.
            OutputError: the folder cannot be written.
        """
        first = self.stream.periods[: self.splits.pretrain]
        with one_torch_thread():
            first_model(*self._place(kind, seed), pretraining, first, self.run(kind, seed, progress), self.metrics)

    def start(self, kind: ModelClass, seed: int) -> Fitted:
        """Theta_0 of a run, with its moments, as `pretrain` left it.

        Raises:
            CorruptError: it is not there, or not as it was written.
        """
        found = read_first_model(*self._place(kind, seed))
        if found is None:
            raise CorruptError(f"{self.folder} lacks a pre-trained model. Start again in another folder.")
        return found.model

    def _place(self, kind: ModelClass, seed: int) -> tuple[Path, str]:
        """The folder of a first model, and what identifies it."""
        return self.folder / model_folder(kind, self.seeds.index(seed)), f"{class_path(kind)}, seed {seed}"
