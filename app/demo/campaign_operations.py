"""Every operation with which the demo's people support projects and causes."""

RULES = """
query Rules($id: ID!) { space(id: $id) { version crowdsourcingRules { areas areaFloor } } }"""

PROVIDERS = "query Providers($space: ID!) { paymentProviders(space: $space) { name } }"

STATES = (
    "DRAFT", "IN_REVIEW", "OPEN", "SUCCEEDED", "FAILED", "FULFILLING", "FULFILLED", "SUSPENDED",
    "CANCELLED",
)  # fmt: skip

CAMPAIGNS = """
query Campaigns($space: ID!, $states: [CampaignState!], $after: String) {
  campaigns(space: $space, filter: {states: $states}, first: 100, after: $after) {
    nodes { id title state approvedAt version owner { name } team { name } }
    pageInfo { hasNextPage endCursor }
  }
}"""

# As its owner sees it.
WHOLE = """
query Whole($id: ID!) {
  campaign(id: $id) {
    contributions(first: 100) { nodes { id kind amount message state supporter { name } } }
    updates(first: 50) { nodes { id title } }
    comments(first: 50) { nodes { text } }
    polls(first: 20) { nodes { id question } }
    expenses(first: 50) { nodes { id purpose state } }
    thresholds { id crossedTimes response { at } }
  }
}"""

AVAILABLE = "query Available($id: ID!) { campaign(id: $id) { statement { available { amount } } } }"

MY_ROOM = """
query MyRoom($id: ID!) {
  campaign(id: $id) {
    myLevel { rights }
    updates { totalCount }
    polls(first: 20) { nodes { id myVote } }
  }
}"""

STATE = "query State($id: ID!) { campaign(id: $id) { id state approvedAt version team { name } } }"

SIGNATURES = """
query Signatures($campaign: ID!, $states: [SignatureState!], $after: String) {
  signatures(campaign: $campaign, states: $states, first: 100, after: $after) {
    nodes { id state signer { name } }
    pageInfo { hasNextPage endCursor }
  }
}"""

INPUT = "input: $input"


def _deed(name: str, input: str, found: str = "... on Node { id }") -> str:
    """Return the mutation of a deed that takes an input of this type, or an identifier."""
    given, argument = ("$id: ID!", "id: $id") if input == "ID" else (f"$input: {input}!", INPUT)
    refused = "... on Error { message code }"
    problems = "... on InvalidInput { problems { path message } }" if input != "ID" else ""
    result = f"__typename {found} {refused} {problems}"
    return f"mutation Deed({given}) {{ {name}({argument}) {{ {result} }} }}"


CAMPAIGN = "... on Campaign { id state approvedAt version team { name } }"
CONTRIBUTION = "... on Contribution { id state }"
UPDATE_RULES = _deed("updateCrowdsourcingRules", "UpdateCrowdsourcingRulesInput")
CREATE = _deed("createCampaign", "CreateCampaignInput", CAMPAIGN)
SET_TEAM = _deed("setCampaignTeam", "SetCampaignTeamInput", CAMPAIGN)
# In which state of a campaign something is done with it, and how.
STEPS = {
    "SUBMIT": ("DRAFT", _deed("submitCampaign", "ID", CAMPAIGN)),
    "APPROVE": ("IN_REVIEW", _deed("approveCampaign", "ID", CAMPAIGN)),
    "OPEN": ("IN_REVIEW", _deed("openCampaign", "ID", CAMPAIGN)),
    "CLOSE": ("OPEN", _deed("closeCampaign", "ID", CAMPAIGN)),
    "CANCEL": ("OPEN", _deed("cancelCampaign", "CancelCampaignInput", CAMPAIGN)),
    "FULFIL_BEGIN": ("SUCCEEDED", _deed("beginFulfilment", "ID", CAMPAIGN)),
}
CONTRIBUTE = _deed("contribute", "ContributeInput", CONTRIBUTION)
# In which states of a gift something is done with it, how, and what that is told.
GIVEN = {
    "RECEIVED": ({"PLEDGED"}, _deed("noteTransfer", "NoteTransferInput", CONTRIBUTION)),
    "TAKE_BACK": (
        {"PLEDGED", "CONFIRMED"},
        _deed("cancelContribution", "CancelContributionInput", CONTRIBUTION),
    ),
    "REFUND": ({"CAPTURED"}, _deed("refundContribution", "RefundContributionInput", CONTRIBUTION)),
    "ACCEPT": ({"OFFERED"}, _deed("acceptSupport", "ID", CONTRIBUTION)),
    "DELIVER": ({"ACCEPTED"}, _deed("deliverSupport", "ID", CONTRIBUTION)),
    "THANK": ({"DELIVERED"}, _deed("acknowledgeSupport", "ID", CONTRIBUTION)),
}
SIGN = _deed("signPetition", "SignPetitionInput")
JUDGE = {
    "VALIDATED": _deed("validateSignatures", "ValidateSignaturesInput", ""),
    "INVALIDATED": _deed("invalidateSignatures", "InvalidateSignaturesInput", ""),
}
RESPOND = _deed("respondToThreshold", "RespondToThresholdInput")
POST = _deed("postUpdate", "PostUpdateInput")
COMMENT = _deed("comment", "CommentInput")
ASK = _deed("openPoll", "OpenPollInput")
VOTE = _deed("votePoll", "VotePollInput")
RECORD = _deed("recordExpense", "RecordExpenseInput", "... on Expense { id state }")
APPROVE_EXPENSE = _deed("approveExpense", "ID")
