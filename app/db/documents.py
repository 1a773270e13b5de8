"""The shapes of the documents, as MongoDB keeps them and as every room passes them on.

They are plain dictionaries that come from the driver uncopied. Instants are naive UTC datetimes;
`_id` is the global identifier (app.ids); `version` grows by one with each change.
"""

from datetime import datetime
from typing import Any, NotRequired, TypedDict

from app.auth.roles import Role


class Place(TypedDict):
    """A point as GeoJSON has it: longitude first, degrees, WGS 84."""

    type: str
    coordinates: list[float]


class User(TypedDict):
    """A person or organisation that can sign in."""

    _id: str
    email: str
    name: str
    password_hash: str
    locale: str
    time_zone: str
    is_operator: bool
    suspended_at: datetime | None
    created_at: datetime
    version: int


class Session(TypedDict):
    """One sign-in; of its token only the fingerprint is kept."""

    _id: str
    user: str
    token_hash: str
    label: str
    created_at: datetime
    used_at: datetime
    idle_ends_at: datetime
    ends_at: datetime


class ApiKey(TypedDict):
    """What a sensor or service signs in with, for one space and some scopes."""

    _id: str
    space: str
    name: str
    token_hash: str
    scopes: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


class Space(TypedDict):
    """One platform that this server hosts; rules of a model hold where it says something."""

    _id: str
    name: str
    model: str
    enabled_models: list[str]
    problem: str
    domain: str
    scope: str
    openness: str
    categories: list[str]
    direction: str | None
    rules: str
    sustainability: str
    matching: NotRequired[dict[str, Any]]
    broking: NotRequired[dict[str, Any]]
    pool: NotRequired[dict[str, Any]]
    crowdsourcing: NotRequired[dict[str, Any]]
    created_by: str
    created_at: datetime
    closed_at: datetime | None
    version: int


class Membership(TypedDict):
    """Who belongs to a space, and as what; `sides` are the groups of a knowledge broker."""

    _id: str
    space: str
    user: str
    role: Role
    sides: NotRequired[list[str]]
    created_at: datetime
    version: int


class Series(TypedDict):
    """A row of measurements of one thing, in one unit."""

    _id: str
    space: str
    key: str
    name: str
    unit: str
    subject: str | None
    place: Place | None
    tags: list[str]
    expected_every_seconds: float | None
    late_tolerance_seconds: float
    last_at: datetime | None
    last_value: float | None
    count: int
    no_data_after_seconds: float | None
    no_data_due_at: datetime | None
    created_by: str
    created_at: datetime
    version: int


class Observation(TypedDict):
    """One measured value; its `_id` follows from series and key, so that it counts once."""

    _id: str
    series: str
    key: str
    at: datetime
    value: float
    place: Place | None
    recorded_at: datetime


class Condition(TypedDict):
    """A trigger on a series, kept once however many people subscribe to it."""

    _id: str
    space: str
    series: str
    trigger: dict[str, Any]
    instance: str
    active: int
    holders: int
    created_at: datetime
    version: int


class Instance(TypedDict):
    """Whether a condition holds for its subject now: the state machine's memory."""

    _id: str
    condition: str
    space: str
    series: str
    trigger: dict[str, Any]
    state: dict[str, Any]
    wake_below: float | None
    wake_above: float | None
    due_at: datetime | None
    no_data_after_seconds: float | None
    alert: str | None
    version: int


class AlertSubscription(TypedDict):
    """What somebody wants to be told."""

    _id: str
    user: str
    space: str
    series: str
    condition: str
    instance: str
    name: str
    trigger: dict[str, Any]
    status: str
    paused_until: datetime | None
    expires_at: datetime | None
    ends_at: datetime | None
    created_at: datetime
    version: int


class Alert(TypedDict):
    """One continuous firing of an instance."""

    _id: str
    space: str
    series: str
    condition: str
    instance: str
    ordinal: int
    status: str
    severity: str
    opened_at: datetime
    opened_value: float | None
    last_value: float | None
    resolved_at: datetime | None
    resolution: str | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    acknowledgement: str | None
    recorded_at: datetime
    first_told_at: datetime | None
    version: int


class Notice(TypedDict):
    """That somebody was told something, in the inbox; `seq` is its event's number."""

    _id: str
    user: str
    seq: int
    space: str
    alert: str | None
    instance: str
    series: str
    subscriptions: list[str]
    reason: str
    value: float | None
    at: datetime
    recorded_at: datetime
    status: str
    withheld: str | None
    seen_at: datetime | None
    received_at: datetime | None


class FanOut(TypedDict):
    """Notices of one transition that are still to be written, to those after `after_user`."""

    _id: str
    due_at: datetime
    after_user: str
    transition: dict[str, Any]
    instance: str
    version: int


class Event(TypedDict):
    """One change of state, in commit order; `_id` is its place in the log.

    `to` are people whom it concerns. An event `within` a thing is for those alone who see the thing
    at the moment of reading.
    """

    _id: int
    type: str
    space: str | None
    subject: str
    actor: str | None
    at: datetime
    recorded_at: datetime
    place: NotRequired[Place | None]
    before: NotRequired[dict[str, Any] | None]
    after: NotRequired[dict[str, Any] | None]
    instance: NotRequired[str]
    alert: NotRequired[str | None]
    to: NotRequired[list[str]]
    within: NotRequired[str]
