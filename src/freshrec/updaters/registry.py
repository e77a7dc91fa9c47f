"""The methods that a comparison knows by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from freshrec.errors import ConfigError
from freshrec.updaters.asmg import ASMG
from freshrec.updaters.base import Updater
from freshrec.updaters.iu import IU

__all__ = ["METHODS", "Method", "build"]


@dataclass(frozen=True)
class Method:
    """An updater under the name it has in the paper's tables.

    Attributes:
        summary: what it does, in one sentence.
        make: builds it from the settings that all methods share and its own ones.
    """

    summary: str
    make: Callable[[IU, Mapping[str, Any]], Updater[Any]]


def _iu(base: IU, settings: Mapping[str, Any]) -> IU:
    return IU.model_validate({**base.model_dump(), **settings})


def _asmg_multi(base: IU, settings: Mapping[str, Any]) -> ASMG:
    shared = {"learning_rate": base.learning_rate, "epochs": base.epochs, "batch_size": base.batch_size}
    return ASMG.model_validate({"base": base, **shared, **settings})


METHODS: Mapping[str, Method] = {
    "iu": Method("incremental update: fine-tune the last model on the newest period", _iu),
    "asmg-gru-multi": Method(
        "a GRU meta generator over the last models, trained at every step of its window", _asmg_multi
    ),
}


def build(name: str, base: IU, settings: Mapping[str, Any]) -> Updater[Any]:
    """The updater of a method.

    Args:
        name: one of `METHODS`.
        base: how the incremental model is trained.
        settings: the method's own settings; they win over what it takes from `base`.

    Raises:
        ConfigError: there is no such method.
        pydantic.ValidationError: a setting is unknown or out of range.
    """
    if name not in METHODS:
        raise ConfigError(f"unknown method {name!r}; the known ones are {', '.join(METHODS)}. Choose among those.")
    return METHODS[name].make(base, settings)
