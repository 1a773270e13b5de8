"""The pages that are written by the code: the schema, and four tables of the manual.

`python tools/pages.py` (or `make pages`) writes them; a test compares them with the code.
"""

import re
import sys
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from app.auth.permissions import MATRIX, Standing  # noqa: E402
from app.db.events import TYPES  # noqa: E402
from app.schema import schema, sdl  # noqa: E402
from app.schema.errors import CODES  # noqa: E402
from app.settings import PREFIX, Settings  # noqa: E402

NOTE = "<!-- Written by `make pages`; do not edit. -->"
STANDINGS = {
    Standing.ANYONE: "everybody, known or not",
    Standing.SIGNED_IN: "whoever is signed in",
    Standing.FINDER: "whoever finds the space: everybody unless it is hidden, else its members",
    Standing.READER: "whoever reads what is in it: everybody if it is open, else its members",
    Standing.MEMBER: "a member of the space, in whatever role",
    Standing.MODERATOR: "a moderator or an owner of the space",
    Standing.OWNER: "an owner of the space",
    Standing.OPERATOR: "who runs the server",
    Standing.SELF: "the person whose own it is",
    Standing.SIDE: "one of the two of a match",
    Standing.TOLD: "somebody who was told of the alert",
    Standing.TEAM: "who owns a campaign, or is of its team",
    Standing.ENTITLED: "whose support of a campaign gives the right at present",
    Standing.WRITE_KEY: "an API key of the space with `OBSERVATIONS_WRITE`",
    Standing.READ_KEY: "an API key of the space with `OBSERVATIONS_READ`",
}
KINDS = {
    str: "text",
    SecretStr: "text",
    bool: "`true` or `false`",
    int: "whole number",
    float: "number",
    Path: "path",
}
DEFAULTS_IN_WORDS = {"data_dir": "`$XDG_DATA_HOME/fivefold`, or `~/.local/share/fivefold`"}


def settings_page() -> str:
    """Return the page of all settings."""
    rows = [
        (f"`{variable(name)}`", kind(field), default(name, field), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    return page(
        "Settings",
        "Each setting is an environment variable. The same name with `_FILE` behind it names a "
        "file that holds the value, which suits secrets. A file `.env` in the working directory "
        "is read too; what stands in the environment goes before it, and options of the command "
        'line before both. Lists are written in JSON: `["https://example.org"]`.',
        table(("variable", "takes", "if not set", "what it does"), rows),
    )


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return "MONGODB_URI" if name == "mongodb_uri" else f"{PREFIX}{name.upper()}"


def kind(field: FieldInfo) -> str:
    """Return what a setting takes, in words."""
    annotation = field.annotation
    arguments = [argument for argument in get_args(annotation) if argument is not type(None)]
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{argument}`" for argument in arguments)
    if get_origin(annotation) is tuple:
        return "list"
    above = any(getattr(bound, "gt", None) == 0 for bound in field.metadata)
    return KINDS[arguments[0] if arguments else annotation] + (" above 0" if above else "")  # type: ignore[index]


def default(name: str, field: FieldInfo) -> str:
    """Return what holds if a setting is not set, in words."""
    if name in DEFAULTS_IN_WORDS:
        return DEFAULTS_IN_WORDS[name]
    value = field.default
    if value is None or value == ():
        return "nothing"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def events_page() -> str:
    """Return the page of all types of events."""
    parts = [
        f"## {noun}\n\n" + table(("type", "what happened"), [(f"`{t}`", TYPES[t]) for t in types])
        for noun, types in groupby(TYPES, key=lambda name: name.partition(".")[0])
    ]
    return page(
        "Events",
        "Every change of state appends one event, in the transaction of the change itself. The "
        "query `events` reads them, the subscription `events` brings them live, and both can be "
        "resumed after a cursor (see [the API](api.md)). `eventTypes` lists this table.",
        *parts,
    )


def errors_page() -> str:
    """Return the page of all codes of errors."""
    members = {
        re.sub(r"(?<!^)(?=[A-Z])", "_", implementor.name).upper(): implementor.name
        for implementor in schema._schema.get_implementations(  # noqa: SLF001
            schema._schema.type_map["Error"]  # type: ignore[arg-type] # noqa: SLF001
        ).objects
    }
    rows = [
        (f"`{code}`", f"`{members[code]}`" if code in members else "", advice)
        for code, advice in CODES.items()
    ]
    return page(
        "Errors",
        "A mutation's result is a union: the thing itself, or a member of `Error` that says what "
        "a careful client can act on. Wherever no union can carry it, the same failure stands in "
        "`errors` with its code in `extensions.code`. What nobody foresaw is `INTERNAL`: it is "
        "logged with the `requestId` that the client gets, and hidden otherwise. Codes stay; "
        "messages are for people and may change.",
        table(("code", "member of unions", "what to do"), rows),
    )


def permissions_page() -> str:
    """Return the page of all deeds and who may do them."""
    standings = [(f"`{standing}`", STANDINGS[standing]) for standing in Standing]
    deeds = [
        (f"`{deed}`", ", ".join(f"`{standing}`" for standing in Standing if standing in who))
        for deed, who in MATRIX.items()
    ]
    return page(
        "Permissions",
        "One list decides for queries, nested fields, mutations, items of streams and the texts of "
        "alerts. What is not listed is refused. Rights are looked at again whenever something is "
        "pushed, so that a right that is lost stops an open stream, its replay included. What "
        "somebody may not see looks like what does not exist.",
        "## Who somebody can be\n\n" + table(("standing", "who has it"), standings),
        "## Who may do what\n\n" + table(("deed", "one of these"), deeds),
    )


def page(title: str, *parts: str) -> str:
    """Return a page of the manual."""
    return "\n\n".join((f"# {title}", NOTE, *parts)) + "\n"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


PAGES: dict[str, Callable[[], str]] = {
    "schema.graphql": sdl,
    "docs/settings.md": settings_page,
    "docs/events.md": events_page,
    "docs/errors.md": errors_page,
    "docs/permissions.md": permissions_page,
}


def main() -> None:
    """Write every page that is not as the code would write it."""
    for path, write in PAGES.items():
        target, text = ROOT / path, write()
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")
            print(f"written: {path}")


if __name__ == "__main__":
    main()
