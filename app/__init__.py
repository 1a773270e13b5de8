"""Fivefold: one GraphQL API for the five platform models of social businesses."""

__version__ = "0.1.0"
