"""How far the gate's figures of good models are from those of models spoilt by eight epochs, period by period.

    python benchmarks/gate.py --data PREPARED [--method rsg] [--epochs 8]

PREPARED is a folder that `freshrec prepare` made. After the pre-training periods, each period is learned twice from the
same state: as usual, and with so many epochs. Both models are compared with the one before on the period's last
samples, as the gate of a store does, and scored on the next period.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from freshrec import EmbeddingMLP, Fitted, Pretraining, Run, Stream, params_of, predict
from freshrec.evaluation import Lane, Splits
from freshrec.keeping.gate import Gate, figures
from freshrec.metrics import AUC
from freshrec.updaters import IU, find_method

CANARIES = 4096


def main(arguments: Iterable[str] | None = None) -> None:
    """Print a line a period, and how many of either kind the gate refuses."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--method", default="rsg")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--periods", type=int, help="periods at most")
    chosen = parser.parse_args(None if arguments is None else list(arguments))
    stream = Stream.open(chosen.data)
    pretrain = Splits.of(len(stream.periods)).pretrain
    schema = stream.schema_after(pretrain)
    run = Run(EmbeddingMLP(schema, dim=8, seed=1), 1)
    usual, spoilt = (find_method(chosen.method).make(IU(epochs=epochs), {}) for epochs in (1, chosen.epochs))
    lane = Lane.of(usual, run, schema)
    start = Pretraining().fit(Fitted.untrained(params_of(run.model)), stream.periods[:pretrain], run)
    state, gate = lane.begin(start), Gate()
    refused = {"usual": 0, "spoilt": 0}
    print("period  kind    spread   shift  correlation  AUC here  AUC next  gate")
    last = min(len(stream.periods) - 1, pretrain + (chosen.periods or len(stream.periods)))
    for period in stream.periods[pretrain:last]:
        samples, following = period.samples(), stream.periods[period.number].samples()
        canaries = samples.take(slice(max(len(samples) - CANARIES, 0), len(samples)))
        served = predict(lane.run.model, usual.serving(state, lane.run), canaries)
        made = {}
        for kind, updater in (("usual", usual), ("spoilt", spoilt)):
            fresh = Run(lane.run.model, 1)
            after = updater.update(state, stream.periods[: period.number], fresh)
            params = updater.serving(after, fresh)
            new = predict(fresh.model, params, canaries)
            aucs = [
                AUC().of(each.label, predict(fresh.model, params, each), each.user) for each in (samples, following)
            ]
            problem = gate.problem_of_scores(new, served)
            refused[kind] += problem is not None
            shown = "  ".join(f"{value:7.2f}" for value in figures(new, served))
            print(
                f"{period.number:6}  {kind:6}{shown}   {aucs[0]:.4f}    {aucs[1]:.4f}    {problem or 'passed'}",
                flush=True,
            )
            made[kind] = after
        state = made["usual"]
    count = last - pretrain
    print(f"refused: {refused['usual']} of {count} usual models, {refused['spoilt']} of {count} spoilt ones")


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    main()
