"""A forecasting baseline: exponential smoothing with a season (Holt 1957, Winters 1960), by statsmodels."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np


class MissingError(Exception):
    """The library of the baseline is not there: it is needed by nothing else."""


def forecast_scores(values: Any, season: int, trained: int) -> Any:
    """How far each value is from its forecast, in deviations of the forecast errors of the `trained` points before it.

    The weights are fitted to the first `trained` points; what is unknown is taken to be as forecast the day before.
    """
    try:
        from statsmodels.tsa.holtwinters import ExponentialSmoothing
    except ImportError:
        raise MissingError("The baseline needs statsmodels: pip install statsmodels") from None
    known = filled(np.asarray(values, dtype=float), season)
    with warnings.catch_warnings():
        # Of series that do not vary: the fit has nothing to find.
        warnings.simplefilter("ignore")
        fitted = ExponentialSmoothing(known[:trained], seasonal="add", seasonal_periods=season).fit()
        weights = {name: fitted.params[name] for name in ("smoothing_level", "smoothing_seasonal")}
        whole = ExponentialSmoothing(known, seasonal="add", seasonal_periods=season).fit(**weights, optimized=False)
    errors = np.where(np.isnan(values), np.nan, values - whole.fittedvalues)
    scores = np.zeros(len(errors))
    for place in range(season, len(errors)):
        before = errors[max(0, place - trained) : place]
        spread = np.sqrt(np.nanmean(before**2)) if np.isfinite(before).any() else 0.0
        scores[place] = 0.0 if np.isnan(errors[place]) else abs(errors[place]) / max(spread, 1e-12)
    return scores


def filled(values: Any, season: int) -> Any:
    """Each unknown value as a season earlier, or the median where there is none."""
    known = values.copy()
    for place in np.flatnonzero(np.isnan(known)):
        known[place] = known[place - season] if place >= season else np.nanmedian(values)
    return known
