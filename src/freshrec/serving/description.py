"""How a model is built again: its class, its schema, and what extends it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from torch import nn

from freshrec.data import Schema
from freshrec.errors import ModelError
from freshrec.extensions import load

__all__ = ["ModelDescription"]


@dataclass(frozen=True)
class ModelDescription:
    """A model by name and arguments.

    Attributes:
        model: the class of the base model as `package.module:Name`; made with `(schema, dim=D, seed=S)`.
        dim: embedding dimension D.
        seed: of the initial values.
        updater: the class of the updater that extends the base model, likewise; None where none does.
        settings: of that updater.
    """

    model: str
    dim: int
    seed: int
    updater: str | None = None
    settings: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, model: type[nn.Module], dim: int, seed: int, updater: Any) -> Self:
        """Describe the model that an updater is applied to."""
        if not hasattr(updater, "extend"):
            return cls(_path(model), dim, seed)
        return cls(_path(model), dim, seed, _path(type(updater)), updater.model_dump(mode="json"))

    def build(self, schema: Schema) -> nn.Module:
        """The model with initial values, in evaluation mode.

        Raises:
            ConfigError: a class cannot be imported; its package has to be installed where the model is loaded.
            ModelError: a name is not that of a model, or of an updater that extends one.
        """
        kind = load("models", self.model)
        if not (isinstance(kind, type) and issubclass(kind, nn.Module)):
            raise ModelError(f"{self.model!r} is no model. Publish a subclass of torch.nn.Module.")
        model: nn.Module = kind(schema, dim=self.dim, seed=self.seed)
        if self.updater is not None:
            extending = load("updaters", self.updater)
            if not (isinstance(extending, type) and hasattr(extending, "extend")):
                raise ModelError(f"{self.updater!r} extends no model. Publish with an updater that does.")
            model = extending(**(self.settings or {})).extend(model, schema, self.seed)
        return model.eval()

    def to_json(self) -> dict[str, Any]:
        """The description as JSON."""
        return asdict(self)


def _path(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"
