"""How quickly a period is scored, and its AUC found: python benchmarks/scoring.py [--threads 2].

The newest period of Complete Journey, every sample of it: freshrec's `predict`, in large batches without gradients,
against batches of 1,024 while autograd tapes; and freshrec's AUC against scikit-learn's on the same scores. Both pairs
must give the same, which is checked.
"""

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from command import show
from complete_journey import complete_journey
from freshrec.data import Samples, Stream
from freshrec.metrics import METRICS
from freshrec.models import EmbeddingMLP
from freshrec.params import Params, params_of
from freshrec.training import Run, logits, predict
from measured import Measured
from turns import median_seconds

SIZE, ROUNDS = 1024, 7
TAPED, PREDICT = "batches of 1,024, autograd on", "freshrec's predict"
SKLEARN, AUC = "scikit-learn's AUC", "freshrec's AUC"


def measure(stream: Stream | None = None, rounds: int = ROUNDS) -> list[Measured]:
    """Scoring, then AUC, of the newest period.

    Args:
        stream: Complete Journey by default.
        rounds: how often each way is timed.

    Raises:
        ValueError: two ways differ.
    """
    if stream is None:
        with complete_journey() as prepared:
            return measure(prepared, rounds)
    samples, model = stream.periods[-1].samples(), EmbeddingMLP(stream.schema)
    params, run = params_of(model), Run(model)
    leaves = {name: value.clone().requires_grad_() for name, value in params.items()}
    with run.threading():
        score = predict(model, params, samples)
        _check("logits", score, taped(model, leaves, samples), 1e-5)
        scoring = median_seconds(
            {
                TAPED: lambda: taped(model, leaves, samples),
                PREDICT: lambda: predict(model, params, samples),
            },
            rounds,
        )
    label, user, area = samples.label, samples.user, METRICS["auc"]
    _check("AUCs", np.array(area.of(label, score, user)), np.array(roc_auc_score(label, score)), 1e-12)
    ranking = median_seconds(
        {SKLEARN: lambda: roc_auc_score(label, score), AUC: lambda: area.of(label, score, user)}, rounds
    )
    made = [_measured(seconds, len(samples)) for seconds in (scoring, ranking)]
    return [row for rows in made for row in rows]


def taped(model: EmbeddingMLP, params: Params, samples: Samples) -> npt.NDArray[np.float32]:
    """Logits [N] as a training loop would compute them."""
    return np.concatenate([logits(model, params, batch).detach().numpy() for batch in samples.batches(SIZE)])


def _check(what: str, ours: npt.NDArray[np.floating], other: npt.NDArray[np.floating], tolerance: float) -> None:
    apart = float(np.abs(ours - other).max())
    if not apart <= tolerance:
        raise ValueError(f"{what} of the two ways are up to {apart} apart; at most {tolerance} was expected")


def _measured(seconds: dict[str, float], size: int) -> list[Measured]:
    """Both ways in samples a second; the first is what the second is compared with."""
    (other, slow), (ours, quick) = seconds.items()
    return [
        Measured(other, size / slow, "samples/s"),
        Measured(ours, size / quick, "samples/s", slow / quick, other),
    ]


if __name__ == "__main__":
    show(__doc__, measure)
