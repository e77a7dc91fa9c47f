"""First models on disk: each is trained once, an epoch at a time, and found again when the work goes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from freshrec.data import Period
from freshrec.errors import CorruptError
from freshrec.evaluation.pretrain import Pretraining, PretrainingState
from freshrec.metrics import Metric
from freshrec.params import params_of
from freshrec.store import Checkpoint, read_checkpoint, unpack, write_checkpoint
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

    The state after each epoch is committed, so that a run that was stopped goes on after its last whole epoch, to the
    same model.

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
    committed = _committed(folder, identity)
    state = None if committed is None else _state(committed)
    if state is not None and state.finished:
        return FirstModel(state.model, state.chosen)
    start = Fitted.untrained(params_of(run.model))
    for after in pretraining.states(start, periods, run, metrics, state):
        committed = _commit(folder, identity, after, committed)
    if committed is None:  # There are no periods.
        committed = _commit(folder, identity, PretrainingState("fit", start, 0, 0), None)
    found = _state(committed)
    return FirstModel(found.model, found.chosen)


def read_first_model(folder: Path, identity: str) -> FirstModel | None:
    """The first model of a folder; None where there is none yet.

    Raises:
        CorruptError: the folder holds another model, or not what was written.
    """
    committed = _committed(folder, identity)
    state = None if committed is None else _state(committed)
    return FirstModel(state.model, state.chosen) if state is not None and state.finished else None


def _commit(folder: Path, identity: str, state: PretrainingState, before: Checkpoint | None) -> Checkpoint:
    """Write a state in place of the one before."""
    content = {"identity": identity, "part": state.part, "epoch": state.epoch, "chosen": state.chosen}
    content["best"] = state.best
    return write_checkpoint(folder, f"{state.part}-epoch{state.epoch}", content, state.model, before)


def _committed(folder: Path, identity: str) -> Checkpoint | None:
    """What was committed last.

    Raises:
        CorruptError: the folder holds another model, or not what was written.
    """
    found = read_checkpoint(folder)
    if found is not None and found.content.get("identity") != identity:
        raise CorruptError(
            f"{folder} holds a pre-trained model of another configuration. Remove it to train the model again."
        )
    return found


def _state(committed: Checkpoint) -> PretrainingState:
    """The state that was committed; what is large in it is mapped from the disk.

    Raises:
        CorruptError: it is no such state.
    """
    content, model = committed.content, unpack(Fitted, committed.structure, committed.tensors)
    try:
        return PretrainingState(content["part"], model, content["epoch"], content["chosen"], content["best"])
    except KeyError as error:
        raise CorruptError(
            f"{committed.folder} lacks {error} of pre-training; another version wrote it. Remove it to train the model "
            "again."
        ) from error


def model_folder(kind: type, run: int) -> str:
    """The name of the folder of a first model, such as `EmbeddingMLP-0`; a model of another package has its module."""
    own = "" if kind.__module__.startswith("freshrec.") else f"{kind.__module__}."
    return f"{own}{kind.__qualname__}-{run}"
