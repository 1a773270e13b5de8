"""How a match begins: for which time, what it scores, and until when it waits for an answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.db.match_documents import Match, MatchingRules, Need, Offer, Posting, TimeWindow
from app.matching.explain import shown
from app.matching.parties import Facts, party
from app.matching.scoring import Score, score
from app.matching.spans import Spans, seconds, spans
from app.matching.states import State, opening
from app.matching.terms import Commitment, PostingStatus, Side
from app.matching.traits import traits_of_match

_EPOCH = datetime(1970, 1, 1)
_LENGTHS = list(Commitment)
UNANSWERED = frozenset({State.PROPOSED, State.ACCEPTED_BY_ONE})


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a match is proposed with.

    Attributes:
        at: when it is proposed (naive UTC).
        rules: those of the space.
        proposer: the side that proposes; None: the space does, so both are still to be asked.
        window: when it would take place (see `first_common`); None: whenever the two like.
        joint_objective: what the two would reach together, if the proposer has said it.

    """

    at: datetime
    rules: MatchingRules
    proposer: Side | None = None
    window: TimeWindow | None = None
    joint_objective: str | None = None


def open_match(id: str, need: Need, offer: Offer, score: Score, proposal: Proposal) -> Match:
    """Return a match as it begins; `id` is a fresh one.

    It is about the category of the need, and as committed as the more committed of the two. It
    waits for its answer for as long as the space allows, and no longer than the need, the offer
    and the time for which it is meant.
    """
    state, accepted_by = opening(proposal.proposer)
    match = Match(
        _id=id,
        space=need["space"],
        need=need["_id"],
        offer=offer["_id"],
        need_owner=need["owner"],
        offer_owner=offer["owner"],
        category=need["category"],
        traits=traits_of_match(need, offer, proposal.rules),
        commitment=max(need["commitment"], offer["commitment"], key=_length),
        state=state.value,
        score=score.worth.total,
        parts=[part.document() for part in score.parts],
        proposed_by=None if proposal.proposer is None else proposal.proposer.value,
        accepted_by=[side.value for side in accepted_by],
        window=proposal.window,
        answer_by=_answer_by(need, offer, proposal),
        waiting_since=None,
        held_until=None,
        joint_objective=proposal.joint_objective,
        agreement=None,
        agreed_by=[],
        reviewed_by=[],
        ended_by=None,
        absent=None,
        charged_to=None,
        disputed_from=None,
        confirmed_at=None,
        ended_at=None,
        created_at=proposal.at,
        version=1,
    )
    match["due_at"] = due_at(match)
    return match


def due_at(match: Match) -> datetime | None:
    """Return when time alone would end a match that is not confirmed; None: never."""
    if match["state"] not in UNANSWERED:
        return None
    waits, window = match["waiting_since"] is not None, match["window"]
    ends = (
        match["held_until"] if waits else match["answer_by"],
        None if window is None else window["starts_at"],
    )
    return min((end for end in ends if end is not None), default=None)


def shown_score(need: Need, offer: Offer, facts: Facts) -> Score:
    """Return a score that both sides may read: of places, it knows no more than they may."""
    return score(party(shown(need, facts), facts), party(shown(offer, facts), facts), facts)


def with_room(posting: Posting) -> Posting:
    """Return a posting as if nobody had taken a seat: whoever proposes to a full one may wait."""
    full = posting["status"] == PostingStatus.FULFILLED
    status = PostingStatus.OPEN.value if full else posting["status"]
    return {**posting, "taken": 0, "status": status}


def first_common(need: Posting, offer: Posting, at: datetime) -> TimeWindow | None:
    """Return the first time to come that both have; None: both have time at any time, or none.

    Of a time that has begun, the first half of what is left is for answering.
    """
    common = list(_common(need, offer, at))
    if not common:
        return None
    now = seconds(at)
    starts, ends = next((one for one in common if one[0] > now), common[0])
    starts = starts if starts > now else (now + ends) // 2
    return TimeWindow(starts_at=_instant(starts), ends_at=_instant(ends))


def covers(posting: Posting, window: TimeWindow) -> bool:
    """Say whether a window lies within the times of a posting."""
    if not posting["windows"]:
        return True
    starts, ends = seconds(window["starts_at"]), seconds(window["ends_at"])
    times = spans(posting["windows"], window["starts_at"])
    return any(begins <= starts and ends <= until for begins, until in times)


def _common(need: Posting, offer: Posting, at: datetime) -> Iterator[tuple[float, float]]:
    given = [spans(one["windows"], at) for one in (need, offer) if one["windows"]]
    if len(given) == 1:
        yield from given[0]
    elif given:
        yield from _intersections(*given)


def _intersections(one: Spans, other: Spans) -> Iterator[tuple[float, float]]:
    for begins, ends in one:
        for starts, until in other:
            if max(begins, starts) < min(ends, until):
                yield max(begins, starts), min(ends, until)


def _answer_by(need: Posting, offer: Posting, proposal: Proposal) -> datetime:
    window = proposal.window
    ends = (
        proposal.at + timedelta(hours=proposal.rules["answer_hours"]),
        need["expires_at"],
        offer["expires_at"],
        None if window is None else window["starts_at"],
    )
    return min(end for end in ends if end is not None)


def _length(commitment: str) -> int:
    return _LENGTHS.index(Commitment(commitment))


def _instant(since: float) -> datetime:
    return _EPOCH + timedelta(seconds=since)
