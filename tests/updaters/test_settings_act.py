"""Every setting of every registered method changes what the method does, or is listed here with the reason."""

from collections.abc import Container, Iterator
from dataclasses import replace
from functools import reduce
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic.fields import FieldInfo

from freshrec.params import params_of
from freshrec.settings import Settings
from freshrec.testing import state_bytes, tiny_stream
from freshrec.training import Fitted, Run
from freshrec.updaters import IU, METHODS, Updater, build, extended_model

SIZES = (20, 18, 22, 16, 20)

SHORT = {"window": 2}
GROUPED = {"window": 2, "grouping": {"limit": 12}}
TRANSFER = {"filters": (2, 2), "hidden": 2, "grouping": {"limit": 12}}
ACTING: dict[str, dict[str, Any]] = {
    "spmf": {"reservoir": 0.5, "replay": 0.5},
    "bu-7": SHORT,
    "bu-5": SHORT,
    "sml": TRANSFER,
    "sml-mf": TRANSFER,
    "asmg-linear": GROUPED,
    "asmg-gru-single": GROUPED,
    "asmg-gru-multi": GROUPED,
    "asmg-gru-full": GROUPED,
    "asmg-gru-zero": GROUPED,
    "asmg-gru-unif": GROUPED,
}
"""Settings with which a method does all that it can on a short stream."""

CHANGES: dict[str, Any] = {
    "batch_size": 16,
    "optimizer": "lazy",
    "held": "float16",
    "restarts": 0,
    "cell": "rnn",
    "rules": (("*", "tensor"),),
    "limit": 0,
}
"""Values to change to, where the next one may act alike."""

ONE_LOSS = "the only value; a comparison on another loss is refused"
NO_STATE = "a linear generator has no hidden state"
LAST_ONLY = "the loss of the last step alone counts"
NO_PRODUCTS = "the model has no matrix products"
REFUSED = "a linear generator generates once; other values are refused"

INACTIVE: dict[str, dict[str, str]] = {
    "spmf": {"loss": ONE_LOSS},
    "incctr": {"loss": ONE_LOSS},
    "sml-mf": {
        "mixed": NO_PRODUCTS,
        "base.mixed": NO_PRODUCTS,
        "grouping.large": "the model has one parameter outside its tables, a scalar",
    },
    "asmg-linear": {
        "hidden": NO_STATE,
        "carry": NO_STATE,
        "held": NO_STATE,
        "restarts": "an average of models is never dead",
        "loss_weights": LAST_ONLY,
        "concurrent": REFUSED,
        "full": REFUSED,
        "cell": "the other cells are other methods",
    },
    "asmg-gru-single": {"loss_weights": LAST_ONLY},
    "asmg-gru-full": {
        "carry": "the whole sequence starts from a zero state",
        "held": "no state is handed on",
    },
    "asmg-gru-zero": {"held": "no state is handed on"},
}


def other_value(name: str, value: Any, field: FieldInfo) -> Any:
    """A value of a setting that differs from the given one."""
    if name in CHANGES:
        return CHANGES[name]
    for kind in (field.annotation, *get_args(field.annotation)):
        if get_origin(kind) is Literal:
            return next(each for each in get_args(kind) if each != value)
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case float():
            return value / 2
        case tuple():
            return tuple(each + 1 for each in value)
    raise AssertionError(f"add a value of {name!r} to CHANGES")


def changes(updater: Settings, but: Container[str], path: str = "") -> Iterator[tuple[str, Any]]:
    """Each setting with its path, `but` for some, and the settings with it changed."""
    for name, field in type(updater).model_fields.items():
        value = getattr(updater, name)
        if isinstance(value, Settings):
            for inner, changed in changes(value, but, f"{path}{name}."):
                yield inner, updater.model_copy(update={name: changed})
        elif f"{path}{name}" not in but:
            yield f"{path}{name}", updater.model_copy(update={name: other_value(name, value, field)})


def outcome(method: str, updater: Updater[Any]) -> bytes:
    stream = tiny_stream(SIZES, labels="implicit")
    schema = replace(stream.schema, exclude="now")
    run = Run(extended_model(updater, METHODS[method].model(schema, dim=3), schema, 0), seed=1)
    state = updater.init(Fitted.untrained(params_of(run.model)), run)
    for number in range(2, len(SIZES) + 1):
        state = updater.update(state, stream.periods[:number], run)
    return state_bytes(state) + state_bytes(updater.serving(state, run))


@pytest.mark.parametrize("method", METHODS)
def test_every_setting_changes_the_outcome(method: str) -> None:
    updater: Any = build(method, IU(batch_size=8), ACTING.get(method, {}))
    before = outcome(method, updater)
    found = changes(updater, INACTIVE.get(method, {}))
    assert [path for path, changed in found if outcome(method, changed) == before] == []


def test_what_is_listed_as_inactive_exists() -> None:
    for method, reasons in INACTIVE.items():
        updater: Any = build(method, IU(), ACTING.get(method, {}))
        for path in reasons:
            reduce(getattr, path.split("."), updater)
