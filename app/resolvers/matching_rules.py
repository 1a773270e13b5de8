"""What is done with the rules by which a space matches, and with the places that they blur."""

from typing import Any, cast

from app.db import areas as areas_db
from app.db import spaces as spaces_db
from app.db.documents import Space
from app.db.events import Draft
from app.db.match_documents import MatchingRules, Posting
from app.db.transactions import Again
from app.db.writing import Writing, write
from app.failures import Conflict, InvalidInput, Problem
from app.matching.rules import problems
from app.matching.traits import area_of
from app.resolvers.context import Context, refuse_closed
from app.resolvers.matchmaking import insist_on_matchmaker, rules_in

UNITS = frozenset({"hours", "minutes", "days", "metres"})


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

    async def work(writing: Writing) -> Space:
        current = await spaces_db.find_space(ctx.db, space_id) or space
        if current["version"] != expected_version:
            version = current["version"]
            raise Conflict("The space has changed meanwhile.", current_version=version)
        stored = _amended(current, changes)
        updated = await spaces_db.update_space(
            writing, space_id, expected_version, {"matching": stored}
        )
        if updated is None:
            raise Again
        if "grid_metres" in changes:
            await areas_db.begin_sweep(writing, space_id)
        fields = sorted(f"matching.{name}" for name in changes)
        await writing.append(_event(ctx, space_id, fields))
        return updated

    updated = await write(ctx.db, ctx.now, work)
    ctx.services.spaces.forget(space_id)
    ctx.services.log.nudge()
    return updated


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
        raise InvalidInput(*(_said(problem) for problem in wrong))
    return {**space.get("matching", {}), **given}


def _said(problem: Problem) -> Problem:
    """Return a problem by the path in the input, with the unit in which it is meant."""
    path = problem.path.removeprefix("matching.")
    unit = path.rpartition("_")[2]
    if unit not in UNITS:
        return Problem(path, problem.message)
    return Problem(path, f"{problem.message.removesuffix('.')} {unit}.")


def _event(ctx: Context, space: str, fields: list[str]) -> Draft:
    return Draft(
        type="space.updated",
        space=space,
        subject=space,
        actor=ctx.viewer.actor,
        at=ctx.now,
        after={"fields": fields},
    )
