"""First models on disk: each is trained once, and found again when the work goes on or methods join it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from freshrec.data import Period
from freshrec.errors import CorruptError
from freshrec.evaluation.pretrain import Pretraining
from freshrec.metrics import Metric
from freshrec.params import params_of
from freshrec.store import read_checkpoint, unpack, write_checkpoint
from freshrec.training import Fitted, Run

__all__ = ["FirstModel", "first_model", "model_folder", "read_first_model"]


@dataclass(frozen=True)
class FirstModel:
    """Theta_0 with its optimizer's moments.

    Attributes:
        model: the parameters; what is large in them is mapped from the disk.
        epochs: how many passes over the pre-training periods trained them.
    """

    model: Fitted
    epochs: int


def first_model(
    folder: Path,
    identity: str,
    pretraining: Pretraining,
    periods: Sequence[Period],
    run: Run,
    metrics: Sequence[Metric],
) -> FirstModel:
    """The first model of a run, from its folder or else trained and written there.

    Args:
        folder: of this one model.
        identity: what it depends on, such as a digest of the configuration.
        pretraining: how it is trained.
        periods: the pre-training periods.
        run: the structure of the model, which training starts from, and the seed.
        metrics: those that choose the number of epochs.

    Raises:
        CorruptError: the folder holds another model, or not what was written.
        DivergedError: a loss or parameter became NaN or infinite.
        OutputError: the folder cannot be written.
    """
    found = read_first_model(folder, identity)
    if found is not None:
        return found
    start = Fitted.untrained(params_of(run.model))
    epochs = pretraining.choose_epochs(start, periods, run, metrics)
    model = pretraining.fit_epochs(start, periods, run, epochs)
    written = write_checkpoint(folder, "pretrained", {"identity": identity, "epochs": epochs}, model)
    return FirstModel(unpack(Fitted, written.structure, written.tensors), epochs)


def read_first_model(folder: Path, identity: str) -> FirstModel | None:
    """The first model of a folder; None where there is none yet.

    Raises:
        CorruptError: the folder holds another model, or not what was written.
    """
    found = read_checkpoint(folder)
    if found is None:
        return None
    if found.content.get("identity") != identity:
        raise CorruptError(
            f"{folder} holds a pre-trained model of another configuration. Remove it to train the model again."
        )
    return FirstModel(unpack(Fitted, found.structure, found.tensors), int(found.content["epochs"]))


def model_folder(kind: type, run: int) -> str:
    """The name of the folder of a first model, such as `EmbeddingMLP-0`; a model of another package has its module."""
    own = "" if kind.__module__.startswith("freshrec.") else f"{kind.__module__}."
    return f"{own}{kind.__qualname__}-{run}"
