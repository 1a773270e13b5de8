"""The chores: everything that deeds leave for a later time, in one list."""

from app.alerts.due import Chore
from app.db import alerts as alerts_db
from app.db import areas as areas_db
from app.db import campaigns as campaigns_db
from app.db import departures as departures_db
from app.db import expertise as expertise_db
from app.db import ledger as ledger_db
from app.db import matches as matches_db
from app.db import pool_sweeps as pool_sweeps_db
from app.db import postings as postings_db
from app.db import reviews as reviews_db
from app.db import routes as routes_db
from app.db import seats as seats_db
from app.db import standings as standings_db
from app.db import upkeep as upkeep_db
from app.resolvers.alert_subscriptions import end_pause
from app.resolvers.closing import (
    do_due,
    let_lapse,
    list_answered,
    list_stale,
    settle_some,
    tell_settled,
)
from app.resolvers.departures import withdraw_some
from app.resolvers.expertise import end_verification
from app.resolvers.folding import fold_due
from app.resolvers.freshness import age_entry
from app.resolvers.match_endings import end_due, move_up
from app.resolvers.matching_rules import blur_anew
from app.resolvers.meanings import list_unread, read_meaning
from app.resolvers.pool_rules import sweep_on
from app.resolvers.postings import expire_posting
from app.resolvers.reversals import take_back_some
from app.resolvers.reviews import open_envelope
from app.resolvers.routing import route_on
from app.resolvers.standings import reweigh_standing

END_PAUSES = Chore("end pauses", alerts_db.list_due_subscriptions, end_pause)
OPEN_ENVELOPES = Chore("open envelopes", reviews_db.list_due_envelopes, open_envelope)
REWEIGH_STANDINGS = Chore("reweigh standings", standings_db.list_fading, reweigh_standing)
END_VERIFICATIONS = Chore("end verifications", expertise_db.list_expired, end_verification)
END_MATCHES = Chore("end matches", matches_db.list_due, end_due)
MOVE_UP = Chore("give seats to who waits", seats_db.list_with_room, move_up)
ROUTE_THREADS = Chore("route threads", routes_db.list_due, route_on)
EXPIRE_POSTINGS = Chore("expire postings", postings_db.list_due_postings, expire_posting)
END_DEPARTURES = Chore("withdraw what who left had open", departures_db.list_due, withdraw_some)
READ_MEANINGS = Chore("read what threads mean", list_unread, read_meaning)
SWEEP_POOLS = Chore("find entries by their pool's rules", pool_sweeps_db.list_sweeps, sweep_on)
AGE_ENTRIES = Chore("let entries ask to be checked", upkeep_db.list_due, age_entry)
REVERT_ALL = Chore("take back what somebody did", upkeep_db.list_reversals, take_back_some)
BLUR_ANEW = Chore("blur places anew", areas_db.list_sweeps, blur_anew)
DO_CAMPAIGNS = Chore("open and close campaigns", campaigns_db.list_due, do_due)
SETTLE_CAMPAIGNS = Chore("settle campaigns", campaigns_db.list_settling, settle_some)
TELL_SETTLED = Chore("tell what is settled", list_answered, tell_settled)
LET_LAPSE = Chore("let pledges lapse", list_stale, let_lapse)
FOLD_LEDGERS = Chore("fold ledgers", ledger_db.list_unfolded, fold_due)

CHORES = [
    END_PAUSES,
    OPEN_ENVELOPES,
    REWEIGH_STANDINGS,
    END_VERIFICATIONS,
    EXPIRE_POSTINGS,
    END_DEPARTURES,
    BLUR_ANEW,
    SWEEP_POOLS,
    AGE_ENTRIES,
    REVERT_ALL,
    END_MATCHES,
    MOVE_UP,
    ROUTE_THREADS,
    READ_MEANINGS,
    DO_CAMPAIGNS,
    SETTLE_CAMPAIGNS,
    TELL_SETTLED,
    LET_LAPSE,
    FOLD_LEDGERS,
]
