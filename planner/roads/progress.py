"""How long work tells of itself."""

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with what is being done and how far that is, 0 to 1."""


def silent(_stage: str, _share: float) -> None:
    """Tell nobody of the progress."""
