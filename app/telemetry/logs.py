"""Logs: one JSON object a line, with the request's id where there is one. Never personal data."""

import logging
import sys
from typing import Any

import orjson
import structlog


def configure_logs(level: str) -> None:
    """Send structlog's and the standard library's lines to stderr as JSON."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(serializer=_serialise),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers = [_Forward()]
    root.setLevel(level.upper())
    logging.getLogger("pymongo").setLevel(logging.WARNING)


class _Forward(logging.Handler):
    """Hands lines of the standard library on to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        logger = structlog.get_logger(record.name)
        logger.log(
            record.levelno, record.getMessage(), source=record.name, exc_info=record.exc_info
        )


def _serialise(line: Any, **_: Any) -> bytes:
    return orjson.dumps(line, default=str)
