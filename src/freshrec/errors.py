"""Typed errors: each says what came, what was expected and what to do about it."""

__all__ = [
    "ConfigError",
    "CorruptError",
    "DataError",
    "DivergedError",
    "FreshrecError",
    "ModelError",
    "OutputError",
]


class FreshrecError(Exception):
    """Anything a user can cause; the command line prints its message and exits with code 2."""


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
