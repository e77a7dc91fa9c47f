"""The contract of an updater: frozen configuration, explicit state, three verbs."""

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, TypeVar

from torch import nn

from freshrec.data import Period, Schema
from freshrec.errors import ModelError
from freshrec.params import Params
from freshrec.training import Fitted, Run

__all__ = ["Updater", "diagnostics_of", "extended_model", "missing_members"]

S = TypeVar("S")


class Updater(Protocol[S]):
    """How the next model is made.

    The state holds everything that is remembered, so that saving it saves all, and an updater itself is a value that
    can be compared, hashed and written down: equal updaters of one run do the same work, which is then done once. State
    is never changed in place: every update returns a new one.

    An updater from outside needs no base class. One that derives from `freshrec.settings.Settings` takes settings in a
    comparison; one that derives from `FitSettings` or `ModelFitSettings` also has those of training, and `train`. Three
    more verbs are optional: `misfits`, as `FitSettings` has it, names the settings that cannot be used on a stream;
    `extend`, as `IUCounts` has it, makes the model that the updater is applied to from a base model; and
    `diagnostics(state) -> Mapping[str, float]` reports numbers on a state, which stand beside its scores in results.
    """

    state_type: ClassVar[type]

    def __hash__(self) -> int:
        """Equal configurations have equal hashes."""

    def init(self, start: Fitted, run: Run) -> S:
        """The state before the first update, from pre-trained or random parameters.

        Args:
            start: Theta_0 with its optimizer's moments; it is left as it was.
            run: structure of the model and seed.
        """

    def update(self, state: S, past: Sequence[Period], run: Run) -> S:
        """The state after one more period.

        Args:
            state: the state before it, which is left as it was.
            past: all finished periods, D_1..D_t; the newest is the one that has just arrived. There are no others: an
                updater cannot see the future.
            run: structure of the model and seed.

        Raises:
            DivergedError: a loss or parameter became NaN or infinite.
        """

    def serving(self, state: S, run: Run) -> Params:
        """The parameters Theta*_t that serve period t + 1; the state and the parameters in it are only read."""


def extended_model(updater: object, model: nn.Module, schema: Schema, seed: int) -> nn.Module:
    """The model that an updater is applied to: what its `extend` makes of a base model, or else the base model itself.

    Args:
        updater: may have a method `extend` with the other arguments.
        model: the base model.
        schema: of the stream.
        seed: of the initial values of what is added.
    """
    extend = getattr(updater, "extend", None)
    extended: nn.Module = model if extend is None else extend(model, schema, seed)
    return extended


def diagnostics_of(updater: object, state: Any) -> dict[str, float]:
    """What an updater reports of a state, by name; empty for one that reports nothing.

    Raises:
        ModelError: a diagnostic is not a number.
    """
    report = getattr(updater, "diagnostics", None)
    found = {} if report is None else report(state)
    for name, value in found.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ModelError(f"the diagnostic {name!r} of {type(updater).__name__} is {value!r}. Let it be a number.")
    return {str(name): float(value) for name, value in found.items()}


def missing_members(found: Any) -> list[str]:
    """What an object, or the instances of a class, would still need to be an `Updater`; empty if nothing."""
    missing = [name for name in ("init", "update", "serving") if not callable(getattr(found, name, None))]
    if not isinstance(getattr(found, "state_type", None), type):
        missing.append("state_type, the class of its state")
    if getattr(found, "__hash__", None) is None:
        missing.append("a hash (make it a frozen dataclass, or derive it from freshrec.settings.Settings)")
    return missing
