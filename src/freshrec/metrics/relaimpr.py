"""RelaImpr (Yan et al., Coupled Group Lasso for Web-Scale CTR Prediction, ICML 2014): improvement above guessing."""

__all__ = ["relaimpr"]

GUESSING = 0.5


def relaimpr(value: float, base: float) -> float | None:
    """How much further an AUC is above guessing than a baseline's, in percent; None for a baseline no better than that.

    It is relative to a baseline, so no model has a RelaImpr of its own: it is a form of improvement that AUC and GAUC
    have besides the plain one.

    >>> round(relaimpr(0.72, 0.70), 6)
    10.0
    """
    return 100 * ((value - GUESSING) / (base - GUESSING) - 1) if base > GUESSING else None
