"""What is done with the rules by which a space lets campaigns be made and paid for."""

from typing import Any, NamedTuple

from app.campaigning.rules import is_provider_allowed, problems
from app.db import spaces as spaces_db
from app.db.campaign_documents import CampaignRules
from app.db.documents import Space
from app.db.events import Draft
from app.db.transactions import Again
from app.db.writing import Writing, write
from app.failures import Conflict, InvalidInput, Problem
from app.payments.development import NAME as DEVELOPMENT
from app.payments.transfer import NAME as TRANSFER
from app.resolvers.campaigning import insist_on_crowdsourcing, rules_in
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks


class PaymentProvider(NamedTuple):
    """Somebody through whom money may come: by hand, or only for show."""

    name: str
    by_hand: bool
    pretends: bool


async def update_rules(
    ctx: Context, *, space_id: str, expected_version: int, changes: dict[str, Any]
) -> Space:
    """Change the rules by which a space lets campaigns be made; what is not named stays.

    They hold for what is written, submitted or given from then on.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer does not own it, it is closed or has no campaigns.
        InvalidInput: something is wrong with the rules as they would be.
        Conflict: the space has moved on since the caller saw it.

    """
    space = await ctx.visible_space(space_id)
    ctx.require("crowdsourcing.rules", space)
    refuse_closed(space)
    insist_on_crowdsourcing(space)
    given = _tidied(changes)

    async def work(writing: Writing) -> Space:
        current = await spaces_db.find_space(ctx.db, space_id) or space
        if current["version"] != expected_version:
            version = current["version"]
            raise Conflict("The space has changed meanwhile.", current_version=version)
        _check(ctx, current, given)
        stored = {**current.get("crowdsourcing", {}), **given}
        updated = await spaces_db.update_space(
            writing, space_id, expected_version, {"crowdsourcing": stored}
        )
        if updated is None:
            raise Again
        fields = sorted(f"crowdsourcing.{name}" for name in given)
        await writing.append(_event(ctx, space_id, fields))
        return updated

    updated = await write(ctx.db, ctx.now, work)
    ctx.services.spaces.forget(space_id)
    ctx.services.log.nudge()
    return updated


def list_providers(ctx: Context, space: Space) -> list[PaymentProvider]:
    """Return through whom money may come in a space, in the order in which they are offered."""
    rules = rules_in(space)
    return [
        PaymentProvider(name, by_hand=name == TRANSFER, pretends=name == DEVELOPMENT)
        for name in ctx.services.providers
        if is_provider_allowed(rules, name)
    ]


def _tidied(changes: dict[str, Any]) -> dict[str, Any]:
    """Return what changes, with each name once and without blanks around it."""
    checks, tidied = Checks(), {**changes}
    for name in ("areas", "providers"):
        if name in changes:
            texts = (checks.text(f"{name}.{n}", text) for n, text in enumerate(changes[name]))
            tidied[name] = list(dict.fromkeys(texts))
    checks.done()
    return tidied


def _check(ctx: Context, space: Space, given: dict[str, Any]) -> None:
    amended: CampaignRules = {**rules_in(space), **given}  # type: ignore[typeddict-item]
    known = frozenset(ctx.services.providers)
    wrong = [
        Problem(one.path.partition(".")[2], one.message)
        for one in problems(amended, space["categories"], known)
    ]
    if wrong:
        raise InvalidInput(
            *(Problem(one.path.removeprefix("rules."), one.message) for one in wrong)
        )


def _event(ctx: Context, space: str, fields: list[str]) -> Draft:
    return Draft(
        type="space.updated",
        space=space,
        subject=space,
        actor=ctx.viewer.actor,
        at=ctx.now,
        after={"fields": fields},
    )
