"""Saying of an entry that is there already what somebody was about to add as a new one."""

from typing import Any

from app.db.pool_documents import Entry, Value
from app.pooling.diffs import is_same
from app.pooling.facets import is_known
from app.pooling.words import Verdict
from app.resolvers.confirmations import confirm_entry
from app.resolvers.context import Context
from app.resolvers.entry_content import read_content
from app.resolvers.entry_deeds import Signing, edit
from app.resolvers.inputs import Checks
from app.resolvers.pooling import require_contributor, rules_in, visible_entry


async def confirm_instead(
    ctx: Context, *, id: str, space_id: str, signing: Signing, given: dict[str, Any]
) -> Entry:
    """Say of an entry what was to be contributed: its facets, by values equal, other, or further.

    It is the same however often it is done. Title and place of the entry stay as they are.

    Raises:
        NotFound: the viewer sees no such entry, or it is in another space.
        NotSignedIn, NotAllowed: they may not contribute there.
        InvalidInput: something is wrong with the input, or no facet is given.
        WrongState: the entry is not there to be confirmed.

    """
    entry, space = await visible_entry(ctx, id)
    person = require_contributor(ctx, space)
    checks = Checks()
    said = read_content(checks, given, None, rules_in(space), ctx.now)["facets"]
    if entry["space"] != space_id:
        checks.add("confirmInstead", "It is in another space.")
    if not said:
        checks.add("facets", "Say of one facet at least how it is.")
    checks.done()
    further = {name: value for name, value in said.items() if _is_own(entry, name, person)}
    if further:
        seen = {"observed_at": given["observed_at"]} if "observed_at" in given else {}
        changes = {"facets": [{"name": n, "value": v} for n, v in further.items()], **seen}
        version = entry["version"]
        entry = await edit(ctx, id=id, expected_version=version, signing=signing, given=changes)
    verdicts = [
        _verdict(name, entry["facets"][name]["value"], value)
        for name, value in said.items()
        if name not in further
    ]
    if not verdicts:
        return entry
    anonymous = signing.anonymous
    seen_at = given.get("observed_at")
    return await confirm_entry(
        ctx, id=id, verdicts=verdicts, anonymous=anonymous, observed_at=seen_at
    )


def _is_own(entry: Entry, name: str, person: str) -> bool:
    """Say whether a value is to be given by whoever speaks: nobody else has said one."""
    held = entry["facets"].get(name)
    return held is None or not is_known(held["value"]) or held["by"] == person


def _verdict(facet: str, held: Value, said: Value) -> dict[str, Any]:
    if is_same(held, said):
        return {"facet": facet, "verdict": Verdict.CONFIRM, "value": said}
    if not is_known(said):
        return {"facet": facet, "verdict": Verdict.CANNOT_TELL, "value": None}
    return {"facet": facet, "verdict": Verdict.DISPUTE, "value": said}
