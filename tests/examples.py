"""The example operations of the repository, ready to be sent by the people of a stage."""

import json
from pathlib import Path
from typing import Any

from graphql import OperationDefinitionNode, parse

from tests.api import PASSWORD, Person
from tests.clients.place import Stage

FOLDER = Path(__file__).resolve().parent.parent / "examples"
EXAMPLES = sorted(path.stem for path in FOLDER.glob("*.graphql"))
STREAMS = [name for name in EXAMPLES if name.endswith("-watch")]

OPERATOR = {"people-suspend", "spaces-create", "spaces-close"}
STRANGER = {"spaces-join", "spaces-leave"}
NOBODY = {"people-sign-up", "people-sign-in", "people-claim-operator", "server-version"}
# What must have been done before.
FIRST = {"alerts-resume": "alerts-pause", "spaces-leave": "spaces-join"}


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
    for prefix, id in stage.ids.items():
        text = text.replace(f"{prefix}_…", id)
    text = text.replace("the token of the link", operator_token or "")
    if name != "people-sign-up":
        text = text.replace("ada@example.org", stage.email)
        text = text.replace("correct horse battery staple", PASSWORD)
    filled: dict[str, Any] = json.loads(text)
    assert "…" not in text, f"{text} has something that the test does not know"
    return filled


def viewer(stage: Stage, name: str) -> Person | None:
    """Return who sends an example; None is nobody known."""
    if name in NOBODY:
        return None
    return stage.olga if name in OPERATOR else stage.ben if name in STRANGER else stage.ada
