"""The example operations of the repository, ready to be sent by the people of a stage."""

import json
import re
from pathlib import Path
from typing import Any

from graphql import OperationDefinitionNode, OperationType, parse

from tests.api import PASSWORD, Person, World
from tests.clients import broker_stage, crowd_stage, matchmaker_stage, pool_stage
from tests.clients.place import Stage, gather, set_stage

FOLDER = Path(__file__).resolve().parent.parent / "examples"
EXAMPLES = sorted(path.stem for path in FOLDER.glob("*.graphql"))
STREAMS = [name for name in EXAMPLES if name.endswith("-watch")]

# The examples of a model begin with its word. Its module gives `furnish`, which adds people
# (`stage.others`) and things (`stage.ids`, by prefix or by `prefix_word`) to the stage of these
# examples alone; SENDERS, who sends which, if not Ada, and NOBODY, which somebody sends who is not
# signed in; FIRST, what must have been done before, each by its own sender; REFUSED, which show a
# refusal, and which one; and `happen`, which makes a stream's next item and returns a value in it.
MODELS = {
    "broker": broker_stage,
    "crowd": crowd_stage,
    "matchmaker": matchmaker_stage,
    "pool": pool_stage,
}
NOBODY = {
    "people-sign-up",
    "people-sign-in",
    "people-claim-operator",
    "server-version",
    *crowd_stage.NOBODY,
    *pool_stage.NOBODY,
}
SENDERS = {
    "people-suspend": "olga",
    "spaces-create": "olga",
    "spaces-close": "olga",
    "spaces-join": "ben",
    "spaces-leave": "ben",
    **broker_stage.SENDERS,
    **crowd_stage.SENDERS,
    **matchmaker_stage.SENDERS,
    **pool_stage.SENDERS,
}
FIRST = {
    "alerts-resume": ["alerts-pause"],
    "spaces-leave": ["spaces-join"],
    **broker_stage.FIRST,
    **crowd_stage.FIRST,
    **matchmaker_stage.FIRST,
    **pool_stage.FIRST,
}
REFUSED = {
    "errors-all-at-once": "InvalidInput",
    "errors-conflict": "Conflict",
    **broker_stage.REFUSED,
    **crowd_stage.REFUSED,
    **matchmaker_stage.REFUSED,
    **pool_stage.REFUSED,
}


def operation(name: str) -> OperationDefinitionNode:
    """Return the operation of an example."""
    [found] = parse(query(name)).definitions
    assert isinstance(found, OperationDefinitionNode)
    return found


def query(name: str) -> str:
    """Return the text of an example."""
    return (FOLDER / f"{name}.graphql").read_text(encoding="utf-8")


def given(name: str) -> dict[str, Any]:
    """Return the variables of an example as they are shown."""
    path = FOLDER / f"{name}.json"
    shown: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return shown


def variables(stage: Stage, name: str, operator_token: str | None) -> dict[str, Any]:
    """Return the variables of an example with what is real in place of what stands for it."""
    text = json.dumps(given(name), ensure_ascii=False)
    for placeholder, id in stage.ids.items():
        text = text.replace(f'"{placeholder}_…', f'"{id}')
    text = text.replace("the token of the link", operator_token or "")
    if name != "people-sign-up":
        text = text.replace("ada@example.org", stage.email)
        text = text.replace("correct horse battery staple", PASSWORD)
    filled: dict[str, Any] = json.loads(text)
    assert "…" not in text, f"{text} has something that the test does not know"
    return filled


def placeholders(*names: str) -> frozenset[str]:
    """Return the placeholders of examples, and of what comes before them."""
    sent = {earlier for name in names for earlier in (*FIRST.get(name, ()), name)}
    shown = " ".join(json.dumps(given(name), ensure_ascii=False) for name in sent)
    return frozenset(re.findall(r'"(\w+)_…', shown))


def viewer(stage: Stage, name: str) -> Person | None:
    """Return who sends an example; None is nobody known."""
    return None if name in NOBODY else stage[SENDERS.get(name, "ada")]


async def staged(world: World, *names: str) -> Stage:
    """Return the people and things that an example meets, or several of one model."""
    model = MODELS.get(names[0].partition("-")[0])
    stage = await (set_stage(world) if model is None else gather(world))
    stage.wanted = placeholders(*names)
    if model is not None:
        await model.furnish(world, stage)
    return stage


class Stages:
    """What examples meet: each has a stage to itself, save for those that only look."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._looked_at: dict[str, Stage] = {}

    async def of(self, name: str) -> Stage:
        """Return the stage of an example."""
        if not _only_looks(name):
            return await staged(self.world, name)
        model = _model_of(name)
        if model not in self._looked_at:
            alike = [one for one in EXAMPLES if _model_of(one) == model and _only_looks(one)]
            self._looked_at[model] = await staged(self.world, *alike)
        return self._looked_at[model]


def _only_looks(name: str) -> bool:
    return operation(name).operation is OperationType.QUERY and name not in FIRST


def _model_of(name: str) -> str:
    word = name.partition("-")[0]
    return word if word in MODELS else ""


async def happening(stage: Stage, name: str) -> float | str:
    """Let something happen that the stream of an example tells; return a value in its item."""
    model = MODELS.get(name.partition("-")[0])
    return await (model.happen(stage, name) if model else stage.raise_alert())
