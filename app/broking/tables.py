"""Tables as people read them, with bars between the cells, and as the program reads them."""

from collections.abc import Iterator


def cells(table: str) -> Iterator[tuple[str, str, str]]:
    """Yield row, column and cell of each cell that is not empty.

    Blocks set apart by an empty line each begin with a head, so that a wide table can be folded.

    Raises:
        ValueError: a row is longer or shorter than the head of its block.

    """
    for block in table.strip("\n").split("\n\n"):
        head, *rows = ([cell.strip() for cell in row.split("|")] for row in block.splitlines())
        pairs = ((row[0], pair) for row in rows for pair in zip(head, row, strict=True))
        yield from ((row, column, cell) for row, (column, cell) in pairs if column and cell)
