"""The tests: one folder per room, one file per idea, names and docstrings as sentences."""
