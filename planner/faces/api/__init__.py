"""The HTTP API: `create_app` makes the Flask application."""

from planner.faces.api.app import create_app
from planner.faces.api.options import ApiOptions

__all__ = ["ApiOptions", "create_app"]
