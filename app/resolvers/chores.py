"""The chores: everything that deeds leave for a later time, in one list."""

from app.alerts.due import Chore
from app.db import alerts as alerts_db
from app.resolvers.alert_subscriptions import end_pause

END_PAUSES = Chore("end pauses", alerts_db.list_due_subscriptions, end_pause)

CHORES = [END_PAUSES]
