"""What the tests of consent and research share: cases given, taken back, exported and used."""

from typing import Any

from tests.api import Person
from tests.clinic import FAILURES, Clinic

CONSENT = """
    __typename
    ... on Consent { id purpose textVersion withFreeText givenAt revokedAt version thread { id } }
"""
GIVE = f"""
mutation M($input: GiveConsentInput!) {{ giveConsent(input: $input) {{ {CONSENT} {FAILURES} }} }}
"""
REVOKE = f"""
mutation M($input: RevokeConsentInput!) {{
  revokeConsent(input: $input) {{ {CONSENT} {FAILURES} }} }}
"""
EXPORT = """
query Q($space: ID!, $purpose: ConsentPurpose! = RESEARCH, $export: ID, $first: Int! = 40,
    $after: String) {
  researchExport(space: $space, purpose: $purpose, export: $export) {
    id at purpose whole
    cases(first: $first, after: $after) {
      totalCount pageInfo { endCursor hasNextPage }
      nodes { pseudonym subject tags onBehalfOf language askedIn title text textVersion
        facets { name presence onsetMonthsBefore } } } } }
"""
USE = """
mutation M($input: RecordResearchUseInput!) { recordResearchUse(input: $input) {
  __typename
  ... on RecordedUse { case purpose description exportedAt usedAt recordedAt }
  ... on Error { message code }
  ... on Conflict { currentVersion }
  ... on InvalidInput { problems { path message } } } }
"""
USES = """
query Q($first: Int, $after: String) { usesOfMyCases(first: $first, after: $after) {
  totalCount
  nodes { id kind purpose description exportedAt usedAt usedBy { id name } thread { id }
    consent { id revokedAt } }
  pageInfo { endCursor } } }
"""


async def give(person: Person, thread: str, **changes: Any) -> dict[str, Any]:
    """Return what comes of letting a case be used for research, with some of it changed."""
    plain = {"thread": thread, "purpose": "RESEARCH", "textVersion": 1}
    done: dict[str, Any] = await person.do(GIVE, input=plain | changes)
    return done


async def revoke(person: Person, consent: dict[str, Any]) -> dict[str, Any]:
    """Return what comes of taking back a consent as it was read."""
    sent = {"consent": consent["id"], "expectedVersion": consent["version"]}
    done: dict[str, Any] = await person.do(REVOKE, input=sent)
    return done


async def given(person: Person) -> list[str]:
    """Return the consents that somebody gave; none if nobody is signed in."""
    body = await person.send("{ myConsents { nodes { id } } }")
    found = (body.get("data") or {}).get("myConsents") or {"nodes": []}
    return [one["id"] for one in found["nodes"]]


async def export(clinic: Clinic, who: str = "eva", **more: Any) -> dict[str, Any]:
    """Return an export with a page of its cases."""
    found = await clinic[who].ask(EXPORT, **({"space": clinic.space, "first": 40} | more))
    held: dict[str, Any] = found["researchExport"]
    return held


async def further(
    clinic: Clinic, held: dict[str, Any], who: str = "eva", **more: Any
) -> dict[str, Any]:
    """Return the next page of an export."""
    after = held["cases"]["pageInfo"]["endCursor"]
    return await export(clinic, who, **({"export": held["id"], "after": after} | more))


async def exported(clinic: Clinic, who: str = "eva", **more: Any) -> list[dict[str, Any]]:
    """Return the cases of an export that fits on a page."""
    cases: list[dict[str, Any]] = (await export(clinic, who, **more))["cases"]["nodes"]
    return cases


async def use(person: Person, case: str, **changes: Any) -> dict[str, Any]:
    """Return what comes of saying what a case was used for."""
    said = {"case": case, "description": "A study of onsets."}
    done: dict[str, Any] = await person.do(USE, input=said | changes)
    return done


async def uses(person: Person) -> list[dict[str, Any]]:
    """Return what somebody's cases were used for, the latest first."""
    nodes: list[dict[str, Any]] = (await person.ask(USES))["usesOfMyCases"]["nodes"]
    return nodes
