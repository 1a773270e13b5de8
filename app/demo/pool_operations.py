"""Every operation with which the demo's people fill a pool and look after it."""

from typing import Final

_DONE = """{
    __typename
    ... on Error { message code }
    ... on InvalidInput { problems { path message } }
  }
}"""

RULES = """
query Rules($id: ID!) {
  space(id: $id) {
    version
    poolRules { ready licence attribution sensitiveCategories facets { name } }
  }
}"""
UPDATE_RULES = f"""
mutation UpdatePoolRules($input: UpdatePoolRulesInput!) {{
  updatePoolRules(input: $input) {_DONE}"""

ENTRIES = """
query Entries($space: ID!, $states: [EntryState!], $after: String) {
  poolEntries(space: $space, filter: {states: $states}, first: 25, after: $after) {
    nodes {
      id title version state
      revisions(first: 20) { nodes { summary } }
      confirmations(first: 20) { nodes { facet by { name } } }
      signals(first: 10) { nodes { kind by { name } } }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
STATES = ["PUBLISHED", "DISPUTED", "VERIFIED", "STALE", "GONE", "MERGED", "HIDDEN"]

CONTRIBUTE = f"""
mutation ContributeEntry($input: ContributeEntryInput!) {{
  contributeEntry(input: $input) {_DONE}"""
CONFIRM = f"""
mutation ConfirmEntry($input: ConfirmEntryInput!) {{
  confirmEntry(input: $input) {_DONE}"""
EDIT = f"""
mutation EditEntry($input: EditEntryInput!) {{
  editEntry(input: $input) {_DONE}"""
MERGE = f"""
mutation MergeEntries($input: MergeEntriesInput!) {{
  mergeEntries(input: $input) {_DONE}"""
SIGNAL = """
mutation SignalEntry($input: SignalEntryInput!) {
  signalEntry(input: $input) {
    __typename
    ... on Error { message code }
    ... on RateLimited { retryAt }
  }
}"""
MOVES: Final = {
    deed: f"mutation Move($input: MoveEntryInput!) {{ {deed}(input: $input) {_DONE}"
    for deed in ("declareGone", "hideEntry")
}

IMPORTS = """
query Imports($space: ID!, $after: String) {
  imports(space: $space, first: 100, after: $after) {
    nodes { source }
    pageInfo { hasNextPage endCursor }
  }
}"""
IMPORT = """
mutation ImportEntries($input: ImportEntriesInput!) {
  importEntries(input: $input) {
    __typename
    ... on ImportReport { created errors { line path message } }
    ... on Error { message code }
    ... on InvalidInput { problems { path message } }
  }
}"""

STANDING = """
query Standing($space: ID!) {
  shown: poolEntries(space: $space, first: 0) { totalCount }
  verified: poolEntries(space: $space, filter: {states: [VERIFIED]}, first: 0) { totalCount }
  disputed: poolEntries(space: $space, filter: {states: [DISPUTED]}, first: 0) { totalCount }
  stale: poolEntries(space: $space, filter: {states: [STALE]}, first: 0) { totalCount }
}"""
WAITING = "query Waiting($space: ID!) { unpatrolled(space: $space, first: 0) { totalCount } }"
