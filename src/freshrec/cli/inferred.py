"""How a log was read, where its settings leave that open."""

from collections.abc import Mapping
from typing import Any

__all__ = ["inferred_sentence"]


def inferred_sentence(manifest: Mapping[str, Any]) -> str:
    """How a log was read, as a plain sentence.

    >>> inferred_sentence({"inferred": {"time": {"form": "YYYYMMDD"}}})
    'Times were read as YYYYMMDD.'
    """
    return f"Times were read as {manifest['inferred']['time']['form']}."
