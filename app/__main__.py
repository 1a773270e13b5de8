"""`python -m app` does what the command `fivefold` does."""

from app.cli import main

main()
