"""Plugsure: electric trips whose every charging stop the driver's own cards open.

The names that programs use stand in ``planner.world`` (World), ``planner.plan`` (plan),
``planner.verify`` (verify), ``planner.access.chargers`` (accessible) and ``planner.model``.
"""
