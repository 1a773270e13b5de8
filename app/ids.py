"""Identifiers: one word of type, one underscore, and 128 bits that nobody can guess.

The prefix names the type (`ser_…` is a series), so an identifier is global as it stands: it is
the document's `_id`, the GraphQL `id`, and what `node(id)` takes.
"""

import base64
import hashlib
import secrets

PREFIXES = {
    "users": "usr",
    "sessions": "ses",
    "keys": "key",
    "spaces": "spc",
    "memberships": "mem",
    "series": "ser",
    "observations": "obs",
    "conditions": "cnd",
    "instances": "ins",
    "subscriptions": "sub",
    "alerts": "alr",
    "notices": "ntc",
    "blocks": "blk",
    "reports": "rep",
    "needs": "ned",
    "offers": "off",
    "matches": "mat",
    "messages": "msg",
    "reviews": "rev",
    "standings": "std",
    "threads": "thr",
    "replies": "rpl",
    "revisions": "rvn",
    "votes": "vot",
    "credits": "crd",
    "expertise": "exp",
    "invitations": "inv",
    "follows": "fol",
    "consents": "con",
    "uses": "use",
    "exports": "xpt",
    "entries": "ent",
    "entry_revisions": "erv",
    "confirmations": "cnf",
    "signals": "sig",
    "reversals": "rvs",
    "imports": "imp",
    "areas": "are",
    "campaigns": "cmp",
    "contributions": "ctb",
    "signatures": "sgn",
    "expenses": "xps",
    "updates": "upd",
    "comments": "cmt",
    "polls": "pol",
    "ballots": "bal",
    "levels": "lvl",
}
KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}


def new_id(kind: str) -> str:
    """Return a fresh identifier for a document of this kind (a key of `PREFIXES`)."""
    return f"{PREFIXES[kind]}_{_text(secrets.token_bytes(16))}"


def derived_id(kind: str, *parts: object) -> str:
    """Return the identifier that these parts always give: the same cause, the same document."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return f"{PREFIXES[kind]}_{_text(digest[:16])}"


def kind_of(id: str) -> str | None:
    """Return the kind that an identifier names, or None if it is not one of ours."""
    prefix, _, rest = id.partition("_")
    return KINDS.get(prefix) if rest else None


def new_token() -> str:
    """Return a secret of 256 bits for a session, a key or a link."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """Return what is stored of a secret: its SHA-256."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _text(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()
