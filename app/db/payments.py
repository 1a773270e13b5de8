"""Queries on what payment providers told: each message once, by the provider's identifier."""

from app.db.campaign_documents import PaymentMessage
from app.db.driver import PyMongoError, find_one, is_duplicate
from app.db.transactions import Again
from app.db.writing import Writing


async def insert_message(writing: Writing, message: PaymentMessage) -> bool:
    """Keep what a provider told; say whether it is new.

    Raises:
        Again: the same came in at the same moment.

    """
    messages = writing.db["payment_messages"]
    if await find_one(messages, {"_id": message["_id"]}, {"_id": 1}, session=writing.session):
        return False
    try:
        await messages.insert_one(dict(message), session=writing.session)
    except PyMongoError as error:
        if is_duplicate(error):
            raise Again from error
        raise
    return True
