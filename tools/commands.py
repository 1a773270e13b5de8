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
from tests.commands import PAGE, Commands, count_board, count_examples, page  # noqa: E402
from tests.databases import Databases  # noqa: E402


def main() -> None:
    """Count, and write the page."""
    with TemporaryDirectory(prefix="ff") as folder:
        with Embedded(Path(folder), None, testing=True) as mongod:
            counts, board = asyncio.run(count(mongod.uri))
        await_stop(Path(folder))
    PAGE.write_text(page(counts, board), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {sum(c.total() for c in counts.values())} commands in all")


async def count(uri: str) -> tuple[dict[str, Commands], Commands]:
    """Return the commands of each example, and those of the board."""
    databases = Databases(uri)
    return await count_examples(databases), await count_board(databases, series=2)


if __name__ == "__main__":
    main()
