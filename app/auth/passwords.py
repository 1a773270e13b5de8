"""Passwords: argon2id in a bounded pool, so that a rush of sign-ins stops nobody else."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.settings import Settings

LEAST_CHARACTERS = 10
MOST_CHARACTERS = 256


class Passwords:
    """Hashes and verifies passwords by argon2id, a few at a time."""

    def __init__(self, settings: Settings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.argon2_time_cost,
            memory_cost=settings.argon2_memory_kib,
            parallelism=1,
        )
        self._pool = ThreadPoolExecutor(settings.argon2_threads, thread_name_prefix="argon2")
        self._decoy = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Return the hash to store."""
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, self._hasher.hash, password
        )

    async def verify(self, stored: str | None, password: str) -> bool:
        """Say whether the password is right; with nothing stored it takes as long, and is wrong."""
        right = await asyncio.get_running_loop().run_in_executor(
            self._pool, self._matches, stored or self._decoy, password
        )
        return right and stored is not None

    def outdated(self, stored: str) -> bool:
        """Say whether a stored hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """Stop the pool."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
