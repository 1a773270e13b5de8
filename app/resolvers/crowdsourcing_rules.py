"""What is done with the rules by which a space lets campaigns be made and paid for."""

from typing import Any, NamedTuple

from app.campaigning.rules import is_provider_allowed, problems
from app.db.campaign_documents import CampaignRules
from app.db.documents import Space
from app.db.driver import Document
from app.db.writing import Writing
from app.failures import InvalidInput, Problem
from app.payments.development import NAME as DEVELOPMENT
from app.payments.transfer import NAME as TRANSFER
from app.resolvers.campaigning import insist_on_crowdsourcing, rules_in
from app.resolvers.context import Context, refuse_closed
from app.resolvers.inputs import Checks
from app.resolvers.space_rules import change_rules


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

    async def amended(_writing: Writing, current: Space) -> Document:
        _check(ctx, current, given)
        return {**current.get("crowdsourcing", {}), **given}

    return await change_rules(ctx, space, expected_version, "crowdsourcing", given, amended)


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
