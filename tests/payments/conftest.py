"""A provider that listens, and a contribution to be paid."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from app.payments.port import Payment
from tests.payments.provider import Cashier

NOON = datetime(2026, 3, 1, 12)
CONTRIBUTION = "ctb_mfrggzdfmztwq2lknnwg23tpoa"
CAMPAIGN = "cmp_onxw2zjamnqw24dbnftw4"


@pytest.fixture
async def cashier() -> AsyncIterator[Cashier]:
    """A provider on loopback, where it is noon."""
    async with Cashier(clock=lambda: NOON) as cashier:
        yield cashier


@pytest.fixture
def payment() -> Payment:
    """Twenty-five euros for a campaign."""
    return Payment(CONTRIBUTION, 2_500, "EUR", CAMPAIGN)
