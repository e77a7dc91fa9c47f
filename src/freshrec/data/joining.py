"""Several periods' samples as one."""

from collections.abc import Sequence

import numpy as np

from freshrec.data.field_values import FieldValues
from freshrec.data.samples import Samples

__all__ = ["join"]


def join(parts: Sequence[Samples]) -> Samples:
    """The samples of all parts, in their order; each keeps its own history windows.

    Raises:
        ValueError: there are no parts.
    """
    if not parts:
        raise ValueError("nothing to join: give at least one period's samples")
    shifts = np.cumsum([0, *(len(part.positives) for part in parts[:-1])]).astype(np.int32)
    first = parts[0]
    return Samples(
        schema=parts[-1].schema,
        user=np.concatenate([part.user for part in parts]),
        item=np.concatenate([part.item for part in parts]),
        timestamp=np.concatenate([part.timestamp for part in parts]),
        label=np.concatenate([part.label for part in parts]),
        start=np.concatenate([part.start + shift for part, shift in zip(parts, shifts, strict=True)]),
        end=np.concatenate([part.end + shift for part, shift in zip(parts, shifts, strict=True)]),
        positives=np.concatenate([part.positives for part in parts]),
        fields={name: FieldValues.join([part.fields[name] for part in parts]) for name in first.fields},
        past_fields={name: FieldValues.join([part.past_fields[name] for part in parts]) for name in first.past_fields},
        lineage=max((part.lineage for part in parts), key=len),
        numbers={name: np.concatenate([part.numbers[name] for part in parts]) for name in first.numbers},
    )
