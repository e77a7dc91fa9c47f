"""How a log was read, where its settings leave that open."""

from collections.abc import Mapping
from typing import Any

__all__ = ["inferred_sentence"]


def inferred_sentence(manifest: Mapping[str, Any]) -> str:
    """How a log was read, as a plain sentence.

    >>> inferred_sentence({"inferred": {"format": "CSV", "delimiters": [";"], "time": {"form": "YYYYMMDD"}}})
    "Read as CSV with ';' between cells; times as YYYYMMDD."
    """
    inferred = manifest["inferred"]
    parts = [f"times as {inferred['time']['form']}"]
    if "format" in inferred:
        files = f"{inferred['parts']:,} files of " if inferred.get("parts", 1) > 1 else ""
        between = " and ".join("a tab" if each == "\t" else repr(each) for each in inferred.get("delimiters", ()))
        parts.insert(0, f"{files}{inferred['format']}" + (f" with {between} between cells" if between else ""))
    if ignored := inferred.get("ignored"):
        parts.append(f"{len(ignored)} other files were ignored ({', '.join(ignored[:3])})")
    return f"Read as {'; '.join(parts)}."
