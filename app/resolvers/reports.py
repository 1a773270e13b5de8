"""What was brought to the moderators, for them to read; not for those whom it is about."""

from app.db import reports as reports_db
from app.db.match_documents import Report
from app.db.paging import Page, Window
from app.resolvers.context import Context
from app.resolvers.sight import sees_report


async def list_reports(ctx: Context, *, space_id: str, window: Window) -> Page:
    """Return a page of a space's reports, newest first, without those about the viewer.

    Raises:
        NotFound: the viewer sees no such space.
        NotSignedIn, NotAllowed: the viewer does not moderate it.

    """
    space = await ctx.visible_space(space_id)
    ctx.require("report.list", space)
    return await reports_db.find_reports(ctx.db, space_id, window, judge=ctx.viewer.user)


async def find_visible_reports(ctx: Context, ids: list[str]) -> dict[str, Report]:
    """Return those of the reports that the viewer may see, by identifier."""
    found = await reports_db.list_reports(ctx.db, ids)
    return {report["_id"]: report for report in found if sees_report(ctx, report)}
