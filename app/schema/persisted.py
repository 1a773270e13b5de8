"""Persisted queries: automatic ones by hash, or only those that the server knows."""

import hashlib
from collections import OrderedDict
from pathlib import Path
from typing import Any

from graphql import GraphQLError

from app.schema.documents import Unfit
from app.settings import Settings

MOST_KEPT = 2_000


class PersistedQueries:
    """Texts of operations by their SHA-256."""

    def __init__(self, settings: Settings) -> None:
        self._mode = settings.persisted_queries
        self._longest = settings.max_body_bytes
        self._texts: OrderedDict[str, str] = OrderedDict()
        if self._mode == "allow_list":
            folder = settings.operations_dir or Path()
            for path in sorted(folder.glob("**/*.graphql")):
                text = path.read_text()
                self._texts[digest(text)] = text

    def text(self, query: str | None, extensions: dict[str, Any] | None) -> str:
        """Return the text that a request means, remembering it if it came with its hash.

        Raises:
            Unfit: there is no text, the hash is unknown or wrong, or the server does not do this.

        """
        persisted = (extensions or {}).get("persistedQuery")
        if persisted is None:
            if query is None:
                raise _unfit("Send a query.", "BAD_USER_INPUT")
            if self._mode == "allow_list" and digest(query) not in self._texts:
                raise _unfit(
                    "This server runs only operations that it knows.", "PERSISTED_QUERY_NOT_ALLOWED"
                )
            return query
        return self._by_hash(query, persisted)

    def _by_hash(self, query: str | None, persisted: Any) -> str:
        if self._mode == "off":
            raise _unfit("PersistedQueryNotSupported", "PERSISTED_QUERY_NOT_SUPPORTED")
        hash = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
        if not isinstance(hash, str) or persisted.get("version") != 1:
            raise _unfit("persistedQuery has `version` 1 and `sha256Hash`.", "BAD_USER_INPUT")
        known = self._texts.get(hash)
        if known is not None:
            self._texts.move_to_end(hash)
            return known
        if query is None:
            raise _unfit("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
        if self._mode == "allow_list":
            raise _unfit(
                "This server runs only operations that it knows.", "PERSISTED_QUERY_NOT_ALLOWED"
            )
        if digest(query) != hash:
            raise _unfit("The hash is not the query's SHA-256.", "BAD_USER_INPUT")
        self._texts[hash] = query
        if len(self._texts) > MOST_KEPT:
            self._texts.popitem(last=False)
        return query


def digest(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _unfit(message: str, code: str) -> Unfit:
    return Unfit(GraphQLError(message, extensions={"code": code}))
