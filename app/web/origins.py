"""Origins: from which web pages this server may be talked to."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from app.web.negotiation import Accepted
from app.web.refusals import Refusal

PREFLIGHTED = (b"authorization", b"apollo-require-preflight", b"x-apollo-operation-name")


class Origins:
    """The server's own origin, and those that its operator allows."""

    def __init__(self, allowed: Iterable[str], public_url: str | None) -> None:
        named = [*allowed, *([public_url] if public_url else [])]
        self._allowed = frozenset(_origin(url) for url in named)

    def admit(self, headers: dict[bytes, bytes]) -> bool:
        """Return whether a page of this origin may talk to us; who sends none is no page.

        The scheme may differ from ours, since a proxy in front may speak TLS; the host may not.
        """
        origin = headers.get(b"origin", b"").decode("latin-1").strip().lower()
        if not origin or origin in self._allowed:
            return True
        host = headers.get(b"host", b"").decode("latin-1").strip().lower()
        scheme, _, authority = origin.partition("://")
        return scheme in {"http", "https"} and authority == host

    def refuse_forged_get(self, headers: dict[bytes, bytes], accepted: Accepted) -> None:
        """Refuse a GET that a page of somebody else may have slipped into a browser.

        A header that browsers announce beforehand (CORS) proves the opposite. So does, outside of
        browsers, an `Accept` that no image, script or link would send.

        Raises:
            Refusal: The request looks like such a one.
        """
        if any(headers.get(name) for name in PREFLIGHTED):
            return
        if headers.get(b"content-type", b"").startswith(b"application/json"):
            return
        foreign = headers.get(b"sec-fetch-site", b"none") in {b"cross-site", b"same-site"}
        allowed_page = b"origin" in headers and self.admit(headers)
        if (foreign and not allowed_page) or not self.admit(headers):
            raise _forged("comes from a page of another site")
        if not accepted.by_name and headers.get(b"accept", b"*/*").strip() != b"*/*":
            raise _forged("looks like a link or an image; in a browser, open /graphiql/")


def _forged(why: str) -> Refusal:
    names = ", ".join(name.decode() for name in PREFLIGHTED)
    advice = f"Send `Accept: application/json`, or one of the headers {names}."
    return Refusal(403, "CSRF_PREVENTED", f"This GET {why}. {advice}")


def _origin(url: str) -> str:
    parts = urlsplit(url.strip().lower())
    default = ":443" if parts.scheme == "https" else ":80"
    return f"{parts.scheme}://{parts.netloc.removesuffix(default)}"
