"""What English texts mean, as vectors: near each other if they say alike, in whatever words.

A text is the mean of learnt vectors of its word pieces: static embeddings, after T. Mikolov and
others, "Distributed Representations of Words and Phrases" (2013). The vectors are those of
WordLlama (D. L. Miller, 2024), 256 numbers for each of 32,000 pieces, which its package brings
along. Only its files are read: its code would fetch a model that is not there from the network,
and none of it is run. Texts of other languages are told apart too badly by them to be of use.

The libraries are loaded when they are first needed, and nowhere else.
"""

import importlib.util
import threading
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from app.text import text_language

# Grows when texts are to be read anew: with another model, or put together otherwise.
VERSION = 1
# Unrelated English texts are hardly ever nearer than this; what answers a question mostly is.
LEAST = 0.2
# What names a text says more than its length.
HEAD = 2.0
LONGEST = 20_000
MODEL, DIMENSIONS = "wordllama", 256
WEIGHTS = "weights/l2_supercat_256.safetensors"
PIECES = "tokenizers/l2_supercat_tokenizer_config.json"
NEEDED = (MODEL, "numpy", "safetensors", "tokenizers")
COMPARED_AT_ONCE = 8_192

Array = Any
_LOADING = threading.Lock()


def can_read() -> bool:
    """Say whether the extra `semantic` is installed, without loading it."""
    return all(importlib.util.find_spec(name) is not None for name in NEEDED)


def is_readable(language: str) -> bool:
    """Say whether the model knows a language, by its BCP 47 tag."""
    return text_language(language) == "english"


def meaning_of(head: str, body: str = "") -> bytes:
    """Return the vector of a text, as `DIMENSIONS` bytes; empty if there is no word in it.

    The first call loads the model, for a third of a second; a long text takes some milliseconds.
    Call it in a thread.
    """
    import numpy as np

    both = HEAD * _direction(head) + _direction(body)
    most = np.abs(both).max()
    return b"" if most == 0 else np.rint(both * (127 / most)).astype(np.int8).tobytes()


class Shelf:
    """The vectors of many texts, by their identifiers."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._names: list[str] = []
        self._vectors: Array = None
        self._lengths: Array = None

    def __len__(self) -> int:
        return len(self._names)

    def put(self, vectors: Mapping[str, bytes]) -> None:
        """Take vectors in, in place of older ones of the same texts; an empty one is like none."""
        import numpy as np

        self._grow(vectors)
        for id, vector in vectors.items():
            row, known = self._rows[id], np.frombuffer(vector or bytes(DIMENSIONS), np.int8)
            self._vectors[row] = known
            self._lengths[row] = np.linalg.norm(known.astype(np.float32))

    def nearest(self, vector: bytes, least: float = LEAST, most: int | None = None) -> list[str]:
        """Return the texts at least so near, the nearest first."""
        import numpy as np

        if not vector or not self._names:
            return []
        near = self._nearness(vector, range(len(self._names)))
        rows = np.flatnonzero(near >= least)
        ordered = rows[np.argsort(-near[rows], kind="stable")[:most]]
        return [self._names[row] for row in ordered.tolist()]

    def nearness(self, vector: bytes, ids: Iterable[str]) -> dict[str, float]:
        """Return the cosines of those of the texts that are known, from 0 to 1."""
        known = [id for id in ids if id in self._rows and self._lengths[self._rows[id]]]
        if not vector or not known:
            return {}
        near = self._nearness(vector, [self._rows[id] for id in known])
        cosines = zip(known, near.tolist(), strict=True)
        return {id: min(1.0, max(0.0, round(cosine, 6))) for id, cosine in cosines}

    def _nearness(self, vector: bytes, rows: range | list[int]) -> Array:
        import numpy as np

        wanted = np.frombuffer(vector, np.int8).astype(np.float32)
        wanted /= np.linalg.norm(wanted)
        found = np.zeros(len(rows), np.float32)
        for start in range(0, len(rows), COMPARED_AT_ONCE):
            some = rows[start : start + COMPARED_AT_ONCE]
            part = slice(some.start, some.stop) if isinstance(some, range) else some
            lengths = np.maximum(self._lengths[part], 1)
            found[start : start + len(some)] = self._vectors[part] @ wanted / lengths
        return found

    def _grow(self, vectors: Iterable[str]) -> None:
        """Make room for texts that are new."""
        import numpy as np

        for id in vectors:
            if id not in self._rows:
                self._rows[id] = len(self._names)
                self._names.append(id)
        held = 0 if self._vectors is None else len(self._vectors)
        if held >= len(self._names):
            return
        size = max(len(self._names), 2 * held, 64)
        before, lengths = self._vectors, self._lengths
        self._vectors = np.zeros((size, DIMENSIONS), np.int8)
        self._lengths = np.zeros(size, np.float32)
        if held:
            self._vectors[:held], self._lengths[:held] = before, lengths


def _direction(text: str) -> Array:
    """Return the direction of a text, of length 1; the zero vector if there is nothing in it."""
    import numpy as np

    with _LOADING:
        table, pieces = _model()
    numbers = pieces.encode(text[:LONGEST], add_special_tokens=False).ids
    if not text.strip() or not numbers:
        return np.zeros(DIMENSIONS, np.float32)
    mean = table[numbers].astype(np.float32).mean(axis=0)
    length = np.linalg.norm(mean)
    return mean / length if length else mean


@cache
def _model() -> tuple[Array, Any]:
    """Return the vectors of all pieces, and what cuts a text into pieces."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    found = importlib.util.find_spec(MODEL)
    [folder, *_] = found.submodule_search_locations or [""] if found else [""]
    pieces = Tokenizer.from_file(str(Path(folder) / PIECES))
    pieces.no_truncation()
    pieces.no_padding()
    [table] = load_file(Path(folder) / WEIGHTS).values()
    return table, pieces
