"""The methods that a comparison knows by name, and those of other packages."""

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from freshrec.errors import ConfigError
from freshrec.extensions import load, names
from freshrec.models import ConstantLogit, EmbeddingMLP, ItemLogit, MatrixFactorisation, ModelClass
from freshrec.settings import Fault, Settings, SettingsError, nearest
from freshrec.updaters.asmg import ASMG
from freshrec.updaters.base import Updater, missing_members
from freshrec.updaters.bu import BU
from freshrec.updaters.constant import Constant
from freshrec.updaters.ema import EMA
from freshrec.updaters.fit_settings import FitSettings
from freshrec.updaters.incctr import IncCTR
from freshrec.updaters.item_odds import ItemOdds
from freshrec.updaters.iu import IU
from freshrec.updaters.iu_counts import IUCounts
from freshrec.updaters.rsg import RSG
from freshrec.updaters.sml import SML
from freshrec.updaters.spmf import SPMF

__all__ = ["METHODS", "TRIVIAL", "Method", "build", "find_method", "is_method"]


@dataclass(frozen=True)
class Method:
    """An updater under the name it has in the paper's tables.

    Attributes:
        summary: what it does, in one sentence.
        make: builds it from the settings that all methods share and its own ones.
        model: the base model it is applied to; methods of one base model share its pre-training.
        trivial: whether it is a trivial baseline. Every comparison has those unless they are switched off. They are not
            pre-trained but updated on each pre-training period, have no other base model, and are never called best.
    """

    summary: str
    make: Callable[[IU, Mapping[str, Any]], Updater[Any]]
    model: ModelClass = EmbeddingMLP
    trivial: bool = False


def _like_base(
    kind: type[Settings], shared: Collection[str] | None = None, **variant: Any
) -> Callable[[IU, Mapping[str, Any]], Any]:
    """Makes an updater that is trained like the base unless the variant or its own settings say otherwise.

    Of the base's settings it takes those named in `shared`; by default those that it has itself, if they are settings
    of a training.
    """
    own = kind.model_fields if issubclass(kind, FitSettings) else ()
    taken = set(own if shared is None else shared)

    def make(base: IU, settings: Mapping[str, Any]) -> Any:
        shared = {name: value for name, value in base.model_dump().items() if name in taken}
        return kind.model_validate({**shared, **variant, **settings})

    return make


def _on_base(
    kind: type[Settings], shared: Collection[str] | None = None, **variant: Any
) -> Callable[[IU, Mapping[str, Any]], Any]:
    """Makes an updater with a second stage: the base trains the models, and its settings are the second stage's too.

    Settings of a base of its own win over those of the base one by one.
    """

    def make(base: IU, settings: Mapping[str, Any]) -> Any:
        own = settings.get("base", {})
        merged = {**base.model_dump(), **own} if isinstance(own, Mapping) else own
        return _like_base(kind, shared, **variant)(base, {**settings, "base": merged})

    return make


METHODS: Mapping[str, Method] = {
    "iu": Method("incremental update: fine-tune the last model on the newest period", _like_base(IU)),
    "bu-3": Method("batch update: train the last model on the newest 3 periods", _like_base(BU, window=3)),
    "bu-5": Method("batch update: train the last model on the newest 5 periods", _like_base(BU, window=5)),
    "bu-7": Method("batch update: train the last model on the newest 7 periods", _like_base(BU, window=7)),
    "spmf": Method("incremental update that also trains on a rank-weighted draw from a reservoir", _like_base(SPMF)),
    "incctr": Method("incremental update distilled from the last model's predictions", _like_base(IncCTR)),
    "sml": Method("a transfer network merges the last served model with its update, trained ahead", _on_base(SML)),
    "sml-mf": Method("sml on matrix factorisation, its first base model", _on_base(SML), MatrixFactorisation),
    "asmg-linear": Method(
        "ASMG whose generator is a learned weighted average of the last models",
        _on_base(ASMG, cell="linear", concurrent=False),
    ),
    "asmg-gru-single": Method(
        "ASMG whose GRU is trained towards the newest period only", _on_base(ASMG, concurrent=False)
    ),
    "asmg-gru-multi": Method(
        "ASMG whose GRU is trained at every step of its window: the paper's method", _on_base(ASMG)
    ),
    "asmg-gru-full": Method(
        "asmg-gru-multi on the whole sequence of models instead of a window", _on_base(ASMG, full=True)
    ),
    "asmg-gru-zero": Method(
        "asmg-gru-multi whose windows all start from a zero hidden state", _on_base(ASMG, carry=False)
    ),
    "asmg-gru-unif": Method(
        "asmg-gru-multi with the same weight at every step", _on_base(ASMG, loss_weights="uniform")
    ),
    "iu-counts": Method("iu on a model that also reads counts of the finished periods as inputs", _like_base(IUCounts)),
    # A correction overtrains where a model does not: learning rate, epochs and batch size are its own.
    "rsg": Method(
        "incremental update whose rows a generator corrects by how they are used, where the evidence favours it",
        _on_base(RSG, shared=("loss", "mixed")),
    ),
    "rsg-unguarded": Method(
        "rsg that always serves the corrected model", _on_base(RSG, shared=("loss", "mixed"), guard=False)
    ),
    "ema": Method("exponential moving average of the incremental model over its training steps", _like_base(EMA)),
    "constant": Method(
        "baseline: the share of positives in the newest period, for every sample",
        _like_base(Constant),
        ConstantLogit,
        trivial=True,
    ),
    "item-odds": Method(
        "baseline: the log odds of the item in the newest period, without user and without training",
        _like_base(ItemOdds),
        ItemLogit,
        trivial=True,
    ),
}

TRIVIAL: tuple[str, ...] = tuple(name for name, method in METHODS.items() if method.trivial)
"""The trivial baselines, by name."""


def find_method(name: str) -> Method:
    """The method of a name: one of `METHODS`, an entry point of `freshrec.updaters`, or `package.module:Name`.

    A name of another package may stand for

    - a subclass of `Settings` that satisfies `Updater`: it takes settings like a shipped method. A field `base` of type
      `IU` is filled with the settings of the incremental model, and a subclass of `FitSettings` has those of its own
      training from there as well;
    - any other class that satisfies `Updater` and can be made without arguments, or an instance: it takes no settings;
    - a `Method`, to choose the base model too.

    Raises:
        ConfigError: there is no such method, or it is no updater.
    """
    if name in METHODS:
        return METHODS[name]
    known = names("updaters")
    if ":" not in name and name not in known:
        raise ConfigError(f"unknown method {name!r}. {nearest(name, [*METHODS, *known])}")
    found = load("updaters", name)
    if isinstance(found, Method):
        return found
    if missing := missing_members(found):
        raise ConfigError(
            f"{name!r} is no updater: it lacks {', '.join(missing)}. docs/extending.md says what an updater has."
        )
    summary = (inspect.getdoc(found) or "no description").splitlines()[0].rstrip(".")
    if not (isinstance(found, type) and issubclass(found, Settings)):
        return Method(summary, _without_settings(found))
    base = found.model_fields.get("base")
    return Method(summary, _on_base(found) if base and base.annotation is IU else _like_base(found))


def is_method(name: str) -> bool:
    """Whether `find_method` finds a method of this name."""
    try:
        find_method(name)
    except ConfigError:
        return False
    return True


def _without_settings(found: Any) -> Callable[[IU, Mapping[str, Any]], Any]:
    """Makes an updater that has no settings: an instance as it is, or one of a class."""

    def make(base: IU, settings: Mapping[str, Any]) -> Any:
        if settings:
            message = "it takes no settings. Derive its class from freshrec.settings.Settings to give it some"
            title = getattr(found, "__name__", type(found).__name__)
            raise SettingsError(title, [Fault((name,), message, value) for name, value in settings.items()])
        return found() if isinstance(found, type) else found

    return make


def build(name: str, base: IU, settings: Mapping[str, Any]) -> Updater[Any]:
    """The updater of a method.

    Args:
        name: as for `find_method`.
        base: how the incremental model is trained.
        settings: the method's own settings; they win over what it takes from `base`.

    Raises:
        ConfigError: there is no such method.
        SettingsError: a setting is unknown or out of range.
    """
    return find_method(name).make(base, settings)
