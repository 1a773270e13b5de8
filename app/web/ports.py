"""Moved to app.ports; import from there."""

from app.ports import *  # noqa: F403
