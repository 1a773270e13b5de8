"""What a server has taken on when it is killed, another does: all of it, once."""

from tests.reliability.scene import Scene
from tests.reliability.takeover import judged_by_the_other


async def test_what_was_due_when_the_judge_died_is_told_once(
    scene: Scene, mongodb_uri: str
) -> None:
    """Two dozen waits end at once; the server that has taken them on is killed in the midst.

    `benchmarks/kill_nine.py` measures how long that takes.
    """
    assert await judged_by_the_other(scene, mongodb_uri) > 0
