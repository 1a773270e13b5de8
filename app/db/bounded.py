"""Queries that can touch very many documents, with an end: the database stops working on them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pymongo
from pymongo.errors import ExecutionTimeout

# Longer, and the connection would be given up.
MOST_SECONDS = 6.0


class TooMuch(Exception):
    """What was asked for takes the database too long."""


@contextmanager
def bounded(seconds: float = MOST_SECONDS) -> Iterator[None]:
    """Let what is asked of the database in the block end after so long.

    Raises:
        TooMuch: it was not done by then.

    """
    try:
        with pymongo.timeout(seconds):
            yield
    except ExecutionTimeout as error:
        raise TooMuch from error
