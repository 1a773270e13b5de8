"""GraphQL over HTTP: what is taken, how it is answered, and what is refused with which status."""

from typing import Any
from urllib.parse import quote, urlencode

import httpx2
import pytest

from tests.web.conftest import Site

MODERN = "application/graphql-response+json"


def code_of(response: httpx2.Response) -> str:
    """Return the code of the one error that a refusal has, and check its form."""
    assert response.headers["content-type"].startswith("application/json")
    (error,) = response.json()["errors"]
    assert error["message"]
    assert error["extensions"]["requestId"] == response.headers["x-request-id"]
    return str(error["extensions"]["code"])


async def test_a_query_is_answered(site: Site) -> None:
    """A query comes back as the engine answers it, with all its parameters."""
    answer = await site.post(
        "query Q { echo }", variables={"a": [1]}, operationName="Q", extensions={"b": 2}
    )
    assert answer.status_code == 200
    assert answer.json() == {
        "data": {
            "__typename": "Query",
            "variables": {"a": [1]},
            "operationName": "Q",
            "extensions": {"b": 2},
        }
    }


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/json", "application/json"),
        (MODERN, MODERN),
        (f"application/json;q=0.9, {MODERN}", MODERN),
        (f"application/json, {MODERN};q=0.1", "application/json"),
        (f"{MODERN}, application/graphql+json, application/json, text/event-stream", MODERN),
    ],
)
async def test_the_client_chooses_its_media_type(site: Site, accept: str, media_type: str) -> None:
    """The answer has the media type that the client likes best."""
    answer = await site.post("{ echo }", headers={"accept": accept})
    assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"


async def test_nothing_acceptable_is_406(site: Site) -> None:
    """A client that reads only pictures is told what there is."""
    answer = await site.post("{ echo }", accept="image/png")
    assert (answer.status_code, code_of(answer)) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(("accept", "status"), [(MODERN, 400), ("application/json", 200)])
@pytest.mark.parametrize("document", ["{", "{ refuse }", "{ incoercible }"])
async def test_an_operation_that_never_starts(
    site: Site, document: str, accept: str, status: int
) -> None:
    """What is refused before execution is 400 under the new media type and 200 under the old."""
    answer = await site.post(document, accept=accept)
    assert answer.status_code == status
    assert "data" not in answer.json()


@pytest.mark.parametrize("status", [429, 503])
async def test_come_back_later(site: Site, status: int) -> None:
    """Too much, or nobody at home: the status and `Retry-After` say so in every media type."""
    answer = await site.post("{ refuse }", variables={"status": status})
    assert answer.status_code == status
    assert answer.headers["retry-after"] == "9"


async def test_the_engine_refuses_a_method(site: Site) -> None:
    """Where the engine itself refuses a GET, the answer points to POST as well."""
    answer = await site.post("{ refuse }", variables={"status": 405}, accept="text/event-stream")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("accept", [MODERN, "application/json"])
async def test_an_outage_in_mid_operation(site: Site, accept: str) -> None:
    """Where nothing came of an operation because of an outage, the status says so."""
    answer = await site.post("{ outage }", accept=accept)
    assert answer.status_code == 503
    assert answer.json()["data"] is None


async def test_a_full_house(site: Site) -> None:
    """Who cannot even be let in is told when to come back."""
    site.engine.is_full = True
    answer = await site.post("{ echo }")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


async def test_a_bug_is_hidden(site: Site) -> None:
    """What breaks in the engine is a 500 with a request id, and nothing of the cause."""
    answer = await site.post("{ crash }")
    assert (answer.status_code, code_of(answer)) == (500, "INTERNAL")
    assert "secret" not in answer.text
    assert site.engine.left == 1


async def test_the_visitor_leaves(site: Site) -> None:
    """Each visit ends, whatever became of it."""
    for document in ("{ echo }", "{", "subscription { count }"):
        await site.post(document)
    assert site.engine.left == len(site.engine.admitted) == 3


async def test_a_bearer_token_is_handed_on(site: Site) -> None:
    """The token of `Authorization: Bearer` reaches the engine; another scheme is not ours."""
    site.engine.issue("t1")
    for sent in ("Bearer t1", "bearer  t1", "Basic abc", ""):
        await site.post("{ echo }", headers={"authorization": sent})
    assert [c.token for c in site.engine.admitted] == ["t1", "t1", None, None]
    assert {c.address for c in site.engine.admitted} == {"127.0.0.1"}


async def test_a_bad_token_is_401(site: Site) -> None:
    """A token that is not valid is refused, even for what is open to all."""
    answer = await site.post("{ echo }", headers={"authorization": "Bearer wrong"})
    assert (answer.status_code, code_of(answer)) == (401, "NOT_SIGNED_IN")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("sent", ["trace-1", "a" * 128])
async def test_a_request_id_is_kept(site: Site, sent: str) -> None:
    """A client's own request id comes back, and reaches the engine."""
    answer = await site.post("{ echo }", headers={"x-request-id": sent})
    assert answer.headers["x-request-id"] == sent
    assert site.engine.admitted[0].request_id == sent


@pytest.mark.parametrize("sent", ["", "a" * 129, "a b", 'x"y', "ä"])
async def test_an_odd_request_id_is_replaced(site: Site, sent: str) -> None:
    """A request id that would not look well in a log is replaced."""
    answer = await site.post("{ echo }", headers={"x-request-id": sent.encode()})
    assert answer.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
async def test_other_methods(site: Site, method: str) -> None:
    """Anything but GET and POST is 405, with the methods that there are."""
    answer = await site.http.request(method, "/graphql")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=latin-1",
        "text/plain; application/json",
    ],
)
async def test_only_json_is_posted(site: Site, content_type: str) -> None:
    """Other content types, which a foreign page could send unasked, are 415."""
    headers = {"content-type": content_type} if content_type else {}
    answer = await site.http.post("/graphql", content=b'{"query":"{ echo }"}', headers=headers)
    assert (answer.status_code, code_of(answer)) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']
)
async def test_utf8_may_be_said(site: Site, content_type: str) -> None:
    """The content type may name the charset that it has anyway."""
    answer = await site.http.post(
        "/graphql", content=b'{"query":"{ echo }"}', headers={"content-type": content_type}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "BAD_REQUEST"),
        ({"query": None}, "BAD_REQUEST"),
        ({"query": None, "extensions": {}}, "BAD_REQUEST"),
        ({"query": 7}, "BAD_REQUEST"),
        ({"query": {}}, "BAD_REQUEST"),
        ({"query": "{ echo }", "variables": []}, "BAD_REQUEST"),
        ({"query": "{ echo }", "variables": "{}"}, "BAD_REQUEST"),
        ({"query": "{ echo }", "operationName": 0}, "BAD_REQUEST"),
        ({"query": "{ echo }", "operationName": False}, "BAD_REQUEST"),
        ({"query": "{ echo }", "extensions": "x"}, "BAD_REQUEST"),
        ([{"query": "{ echo }"}], "BATCHING_NOT_SUPPORTED"),
        ([], "BATCHING_NOT_SUPPORTED"),
    ],
)
async def test_what_is_no_graphql_request(site: Site, body: Any, code: str) -> None:
    """Parameters of the wrong type, and batches, are 400 and never reach the engine."""
    answer = await site.http.post("/graphql", json=body)
    assert (answer.status_code, code_of(answer)) == (400, code)
    assert not site.engine.requests


@pytest.mark.parametrize("name", ["variables", "operationName", "extensions"])
async def test_null_is_nothing(site: Site, name: str) -> None:
    """A parameter that is null is as good as absent."""
    answer = await site.post("{ echo }", **{name: None})
    assert answer.status_code == 200


async def test_a_stored_document_is_named(site: Site) -> None:
    """Without a document the engine gets the extensions, which may name a stored one."""
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": "abc"}}
    answer = await site.http.post("/graphql", json={"extensions": extensions})
    assert answer.status_code == 200
    assert site.engine.requests[0].query is None
    assert site.engine.requests[0].extensions == extensions


async def test_a_get_asks(site: Site) -> None:
    """A query may come in the URL, its variables as JSON."""
    sent = {"query": "query Q { echo }", "variables": '{"a": "ü"}', "operationName": "Q"}
    answer = await site.http.get("/graphql", params=sent)
    assert answer.json()["data"]["variables"] == {"a": "ü"}
    assert site.engine.requests[0].is_get


async def test_a_get_changes_nothing(site: Site) -> None:
    """A mutation in a URL is 405 and points to POST."""
    answer = await site.http.get("/graphql", params={"query": "mutation { echo }"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "?query=",
        "?query=%7Becho%7D&query=%7Becho%7D",
        "?query=%FF%FE",
        "?query=%7Becho%7D&variables=x",
        "?query=%7Becho%7D&variables=%5B1%5D",
        "?query=%7Becho%7D&extensions=NaN",
        "?" + "&".join(f"p{n}=1" for n in range(40)),
    ],
)
async def test_urls_that_ask_nothing(site: Site, url: str) -> None:
    """A URL whose parameters are broken is 400, or 200 with errors if the document is."""
    answer = await site.http.get(f"/graphql{url}")
    assert answer.status_code == (200 if url == "?query=" else 400)
    assert "errors" in answer.json()


async def test_a_long_url(site: Site) -> None:
    """What is too long for a body is too long for a URL."""
    answer = await site.http.get("/graphql?query=" + "x" * 21_000)
    assert (answer.status_code, code_of(answer)) == (414, "URI_TOO_LONG")


async def test_a_subscription_needs_a_stream(site: Site) -> None:
    """A subscription over plain JSON is 406, and the protocols are named."""
    answer = await site.post("subscription { count }")
    assert (answer.status_code, code_of(answer)) == (406, "SUBSCRIPTION_NEEDS_STREAM")
    assert "graphql-transport-ws" in answer.text
    assert "text/event-stream" in answer.text


ASK = "/graphql?" + urlencode({"query": "{ echo }"})


@pytest.mark.parametrize(
    "headers",
    [
        {"accept": "image/avif,image/webp,*/*;q=0.8"},
        {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"},
        {"accept": "*/*", "sec-fetch-site": "cross-site"},
        {"accept": "application/json", "sec-fetch-site": "same-site"},
        {"accept": "text/event-stream", "sec-fetch-site": "cross-site"},
        {"accept": "application/json", "origin": "https://evil.example"},
        {"accept": "application/json", "origin": "null"},
    ],
)
async def test_a_get_slipped_into_a_browser(site: Site, headers: dict[str, str]) -> None:
    """A GET as images, links and pages of other sites send it is refused."""
    answer = await site.http.get(ASK, headers=headers)
    assert (answer.status_code, code_of(answer)) == (403, "CSRF_PREVENTED")


@pytest.mark.parametrize(
    "headers",
    [
        {"accept": "*/*"},
        {"accept": "application/json"},
        {"accept": "application/json", "sec-fetch-site": "same-origin"},
        {"accept": "text/html,*/*;q=0.8", "apollo-require-preflight": "1"},
        {"accept": "*/*", "sec-fetch-site": "cross-site", "x-apollo-operation-name": "Q"},
        {"accept": "*/*", "sec-fetch-site": "cross-site", "content-type": "application/json"},
    ],
)
async def test_a_get_of_a_client(site: Site, headers: dict[str, str]) -> None:
    """A GET that no foreign page can have caused is answered."""
    answer = await site.http.get(ASK, headers=headers)
    assert answer.status_code == 200


async def test_an_allowed_page(hasty: Site) -> None:
    """A page of an allowed origin may ask, and read the answer."""
    headers = {"origin": "https://app.example", "accept": "application/json"}
    answer = await hasty.http.get(ASK, headers=headers | {"sec-fetch-site": "cross-site"})
    assert answer.json()["data"]
    assert answer.headers["access-control-allow-origin"] == "https://app.example"


async def test_an_allowed_page_asks_beforehand(hasty: Site) -> None:
    """The preflight of an allowed origin is granted, of another it is not."""
    asked = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    for origin, status in (("https://app.example", 200), ("https://evil.example", 400)):
        answer = await hasty.http.options("/graphql", headers=asked | {"origin": origin})
        assert answer.status_code == status


async def test_headers_that_keep_browsers_safe(site: Site) -> None:
    """Every answer forbids sniffing, framing and referrers, and is not stored."""
    for answer in (await site.post("{ echo }"), await site.http.get("/nothing")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers
    assert (await site.post("{ echo }")).headers["cache-control"] == "no-store"


async def test_two_requests_in_one_breath(site: Site) -> None:
    """Requests that follow each other on one connection are answered in order."""
    asks = [
        f"GET /graphql?query={quote('{ echo }')}&operationName={name} HTTP/1.1\r\n"
        f"host: x\r\n{'connection: close' if name == 'B' else 'accept: */*'}\r\n\r\n"
        for name in "AB"
    ]
    answers = await site.raw("".join(asks).encode())
    assert answers.index(b'"operationName":"A"') < answers.index(b'"operationName":"B"')


async def test_an_engine_that_cannot_say_who(site: Site) -> None:
    """A failure while somebody is let in is hidden like any other bug."""
    site.engine.issue("bug")
    answer = await site.post("{ echo }", headers={"authorization": "Bearer bug"})
    assert (answer.status_code, code_of(answer)) == (500, "INTERNAL")
