"""Animals as a database would give them; what is odd about one depends on its number alone."""

import asyncio
from datetime import datetime, timedelta
from enum import Enum
from typing import Any


class Trouble(Exception):
    """Something that a resolver did not foresee."""


class Mood(Enum):
    CALM = "CALM"
    WILD = "WILD"


class Size(Enum):
    SMALL = 1
    BIG = 2


BIRTH = datetime(2020, 2, 29, 12, 30, 15, 123000)


async def turns(count: int) -> None:
    """Let the loop turn so often."""
    for _ in range(count):
        passed = asyncio.Event()
        asyncio.get_running_loop().call_soon(passed.set)
        await passed.wait()


def animal(number: int) -> dict[str, Any]:
    """Return an animal; those with certain numbers are odd in one way each."""
    document: dict[str, Any] = {
        "_id": f"ani_{number}",
        "number": number,
        "kind": ("cat", "dog", "bird")[number % 3],
        "name": f"Animal {number} „ü“",
        "nickname": None if number % 2 else "Nick",
        "weight": number + 0.5,
        "mood": ("CALM", Mood.WILD, None)[number % 3],
        "size": Size.BIG if number % 2 else Size.SMALL,
        "tame": number % 2 == 0,
        "born_at": BIRTH + timedelta(days=number),
        "tags": [f"tag {n}" for n in range(number % 4)],
        "marks": [1, None, 3][: number % 4],
        "grid": [[number, 2], [], [3]],
        "home": {"coordinates": [number, 2.5], "name": f"Home {number}"},
        "homes": [{"coordinates": [1, 2], "name": f"Home {n}"} for n in range(number % 3)],
    }
    return document | ODDITIES.get(number, {})


ODDITIES: dict[int, dict[str, Any]] = {
    10: {"name": None},
    11: {"name": {"not": "text"}, "weight": "heavy"},
    12: {"number": 2**40, "mood": "FURIOUS"},
    13: {"weight": float("nan"), "nickname": 7},
    14: {"tags": ["a", None, "b"]},
    15: {"tags": "not a list"},
    16: {"marks": [1, "two", 3]},
    17: {"grid": [[1], None, ["x"]]},
    18: {"home": None},
    19: {"homes": [None, {"coordinates": [1, 2], "name": None}]},
    20: {"born_at": "yesterday"},
    21: {"kind": "unicorn"},
    22: {"size": 3, "tame": "yes"},
    23: {"name": Trouble("stored"), "nickname": Trouble("stored too")},
    24: {"tags": ("a", "b"), "marks": (1, 2), "grid": ((1,), (2,))},
    25: {"number": True, "weight": 3, "name": 12, "tame": 0},
    26: {"homes": None},
    27: {"home": "elsewhere"},
    28: {"nickname": ["a", "list"]},
    29: {"homes": [{"coordinates": [1, 2], "name": "fine"}, Trouble("an item")]},
}
