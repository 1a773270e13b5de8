"""The standings that somebody can have towards a space or a thing."""

from enum import StrEnum


class Role(StrEnum):
    """What a person is in a space; each role can do what the ones before it can."""

    MEMBER = "MEMBER"
    MODERATOR = "MODERATOR"
    OWNER = "OWNER"


class Scope(StrEnum):
    """What an API key may be used for."""

    OBSERVATIONS_WRITE = "OBSERVATIONS_WRITE"
    OBSERVATIONS_READ = "OBSERVATIONS_READ"


class Openness(StrEnum):
    """Who finds and reads a space."""

    OPEN = "OPEN"
    MEMBERS = "MEMBERS"
    HIDDEN = "HIDDEN"
