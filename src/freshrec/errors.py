"""Typed errors: each says what came, what was expected and what to do about it."""

__all__ = [
    "ConfigError",
    "CorruptError",
    "DataError",
    "DivergedError",
    "FreshrecError",
    "FreshrecWarning",
    "ModelError",
    "OutputError",
    "WorkerError",
    "first_line",
]


class FreshrecError(Exception):
    """Anything a user can cause; the command line prints its message and exits with code 2."""


class FreshrecWarning(UserWarning):
    """The work goes on, but its outcome may not be what was meant."""


class ConfigError(FreshrecError):
    """A setting is unknown, of the wrong type or out of range."""


class DataError(FreshrecError):
    """The interaction log cannot be used as it is."""


class CorruptError(FreshrecError):
    """A file that freshrec wrote no longer holds what was written."""


class OutputError(FreshrecError):
    """The output folder cannot be written, or belongs to another configuration."""


class ModelError(FreshrecError):
    """The model uses something that cannot be kept fresh."""


class DivergedError(FreshrecError):
    """A loss or a parameter became NaN or infinite while it was fitted."""


class WorkerError(FreshrecError):
    """A process that work was given to ended before it was done."""


def first_line(error: BaseException) -> str:
    """What another library's error says, to stand in a sentence: its first line, or its kind where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
