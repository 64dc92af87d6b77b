"""The independent checker: replays a plan against a world and lists each claim that fails.

It knows nothing of how plans are found; it reads the map, the stations and the answer.
"""

from planner.verify.checker import verify
from planner.verify.fleet import verify_fleet

__all__ = ["verify", "verify_fleet"]
