"""How long an EVSE is usually silent: its own rate of change, learnt word by word.

Each new word on a status ends a silence. What is kept is the mean of those silences, each counting
by its own length: a post that flickers ten times in a minute and then rests for a day is one that
rests for a day. That is what a driver meets who comes at any moment (length-biased sampling), and
a burst of news hardly moves it. A silence of several times this mean is no calm any more.
"""

from math import nan

MEMORY = 20.0
"""Silences of the usual length over which the mean forgets."""

ENOUGH = 5.0
"""Silences of the usual length after which the mean is to be believed."""

TIMES = 4.0
"""How many times the usual silence is plausible.

If words come at random (a Poisson process), the length-biased mean is twice the plain one, so a
silence eight times as long as the plain mean comes once in e^8 = 3,000.
Source: S. Ross, Introduction to Probability Models, the inspection paradox.
"""

LEAST_S = 86_400.0
"""No silence of a day is implausible: nights and Sundays are calm everywhere."""

MOST_S = 180 * 86_400.0
"""Beyond half a year nothing is known of a post, however rarely it is used."""


def learn(
    calm_s: float | None, seen: float | None, silence_s: float
) -> tuple[float | None, float | None]:
    """Take one more silence into the mean.

    Parameters
    ----------
    calm_s, seen : float or None
        The mean so far, seconds, and how many silences of that length it rests on.
    silence_s : float
        Seconds between two words; not positive: the word is not newer, nothing is learnt.

    Returns
    -------
    (calm_s, seen)
    """
    if silence_s <= 0.0:
        return calm_s, seen
    if calm_s is None or seen is None:
        return silence_s, 1.0
    weight = min(1.0, silence_s / calm_s)
    known = min(seen + weight, MEMORY)
    return calm_s + (silence_s - calm_s) * weight / known, known


def plausible_silence_s(calm_s: float | None, seen: float | None) -> float:
    """Give the silence up to which a status is plausible, s; NaN while not known."""
    if calm_s is None or seen is None or seen < ENOUGH:
        return nan
    return min(max(TIMES * calm_s, LEAST_S), MOST_S)
