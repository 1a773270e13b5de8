"""What is done with the rules by which a space matches, and with the places that they blur."""

from typing import Any, Literal, cast

from app.db import areas as areas_db
from app.db import spaces as spaces_db
from app.db.documents import Space
from app.db.driver import Document
from app.db.match_documents import MatchingRules, Posting
from app.db.writing import Writing
from app.failures import InvalidInput
from app.matching.rules import problems
from app.matching.traits import area_of
from app.resolvers.context import Context, refuse_closed
from app.resolvers.matchmaking import insist_on_matchmaker, rules_in
from app.resolvers.space_rules import change_rules, said

WORD: Literal["matching"] = "matching"


async def update_rules(
    ctx: Context, *, space_id: str, expected_version: int, changes: dict[str, Any]
) -> Space:
    """Change the rules by which a space matches; what is not named stays, also of the weights.

    With another grid, places are blurred by it at once where they are shown; what they are found by
    follows in pieces. What was blurred before is not shown finer by that.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer does not own it, it is closed or no matchmaker.
        InvalidInput: something is wrong with the rules as they would be.
        Conflict: the space has moved on since the caller saw it.

    """
    space = await ctx.visible_space(space_id)
    ctx.require("matching.rules", space)
    refuse_closed(space)
    insist_on_matchmaker(space)

    async def amended(writing: Writing, current: Space) -> Document:
        stored = _amended(current, changes)
        if "grid_metres" in changes:
            await areas_db.begin_sweep(writing, space_id)
        return stored

    return await change_rules(ctx, space, expected_version, WORD, changes, amended)


async def blur_anew(writing: Writing, piece: str) -> None:
    """Blur a page of a space's places by the grid that it has now, and go on to the next."""
    sweep = await areas_db.find_sweep(writing, piece)
    if sweep is None:
        return
    space = await spaces_db.find_space(writing.db, sweep["_id"])
    page = await areas_db.find_swept(writing.db, sweep)
    if space is not None:
        grid = rules_in(space)["grid_metres"]
        areas = {
            posting["_id"]: (posting["place"], area)
            for posting in page.items
            if (area := area_of(cast("Posting", posting), grid)) is not None
        }
        await areas_db.update_areas(writing, sweep["kind"], areas)
    after = page.cursor(page.items[-1]) if page.has_next else None
    await areas_db.move_sweep(writing, sweep, after)


def _amended(space: Space, changes: dict[str, Any]) -> dict[str, Any]:
    """Return what a space is to store: what it says itself, and no defaults beside the weights."""
    rules = rules_in(space)
    given = {**changes}
    if "weights" in given:
        given["weights"] = {**rules["weights"], **given["weights"]}
    amended: MatchingRules = {**rules, **given}  # type: ignore[typeddict-item]
    wrong = problems(amended)
    if wrong:
        raise InvalidInput(*(said(problem, WORD) for problem in wrong))
    return {**space.get(WORD, {}), **given}
