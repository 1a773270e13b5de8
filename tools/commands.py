"""The page of how many commands each example operation takes, counted on a real database.

`python tools/commands.py` writes it; a test compares it with what it counts.
"""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.db.embedded import Embedded, await_stop  # noqa: E402
from tests.commands import PAGE, count_board, count_examples, page  # noqa: E402


def main() -> None:
    """Count, and write the page."""
    with TemporaryDirectory(prefix="ff") as folder:
        with Embedded(Path(folder), None, testing=True) as mongod:
            counts = asyncio.run(count_examples(mongod.uri))
            board = asyncio.run(count_board(mongod.uri, series=2))
        await_stop(Path(folder))
    PAGE.write_text(page(counts, board), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {sum(c.total() for c in counts.values())} commands in all")


if __name__ == "__main__":
    main()
