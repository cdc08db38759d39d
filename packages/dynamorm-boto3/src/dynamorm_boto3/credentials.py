"""Where the direct path has its credentials from."""

from __future__ import annotations

import time
from enum import Enum
from typing import Any, Protocol

from dynamorm_boto3.signing import Credentials

#: For how many seconds credentials are used before botocore is asked again: it takes longer to tell that they are still
#: good than to sign a request with them.
_SECONDS_BETWEEN_LOOKS = 1
#: Credentials that expire in fewer seconds than that must be refreshed before the next request, as botocore does it. If
#: they expire somewhat later, they should be refreshed.
_MANDATORY_REFRESH = 600


class Refresh(Enum):
    """Whether credentials have to be refreshed before they are used."""

    NOT_NEEDED = "not needed"
    SHOULD_BE_MADE = "should be made"
    MUST_BE_MADE = "must be made"


class CredentialSource(Protocol):
    """Has the current credentials, for any number of threads."""

    def current(self) -> Credentials | None:
        """Return the current credentials, after a refresh if they need one.

        Return ``None`` if there are none, or if they belong to another account than the endpoint.
        """

    def known(self) -> tuple[Credentials | None, Refresh]:
        """Return the credentials without waiting for anything, and whether they have to be refreshed first."""


class FixedCredentials:
    """Credentials that do not change."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._known = (credentials, Refresh.NOT_NEEDED)

    def current(self) -> Credentials:
        """Return the credentials."""
        return self._credentials

    def known(self) -> tuple[Credentials, Refresh]:
        """Return the credentials, which are never refreshed."""
        return self._known


class SessionCredentials:
    """The credentials of a *session* of botocore, which refreshes them if they expire.

    *first* are those that it has now. Those of another account are not returned.
    """

    def __init__(self, session: Any, first: Credentials) -> None:
        self._session = session
        self._account = first.account
        self._latest: Credentials | None = first
        # The second in which botocore was asked last, and what it said.
        self._asked: tuple[float, Credentials | None, Refresh] = (0.0, first, Refresh.NOT_NEEDED)

    def current(self) -> Credentials | None:
        """Return the credentials of this second."""
        then, credentials, refresh = self._asked
        now = time.time()
        # The clock may have been set back.
        if 0 <= now - then < _SECONDS_BETWEEN_LOOKS and refresh is Refresh.NOT_NEEDED:
            return credentials
        credentials = self._latest = self._found()
        self._asked = (now, credentials, Refresh.NOT_NEEDED)
        return credentials

    def known(self) -> tuple[Credentials | None, Refresh]:
        """Return the credentials of this second, and whether they have to be refreshed."""
        then, credentials, refresh = self._asked
        now = time.time()
        if not 0 <= now - then < _SECONDS_BETWEEN_LOOKS:
            refresh = self._refresh_needed()
            credentials = self._found() if refresh is Refresh.NOT_NEEDED else self._latest
            if refresh is not Refresh.MUST_BE_MADE:
                self._asked = (now, credentials, refresh)
        return credentials, refresh

    def _refresh_needed(self) -> Refresh:
        source = self._session.get_credentials()
        needed = getattr(source, "refresh_needed", None)
        if needed is None or not needed():
            return Refresh.NOT_NEEDED
        return Refresh.MUST_BE_MADE if needed(_MANDATORY_REFRESH) else Refresh.SHOULD_BE_MADE

    def _found(self) -> Credentials | None:
        found = credentials_of_session(self._session)
        return found if found is not None and found.account == self._account else None


def credentials_of_session(session: Any) -> Credentials | None:
    """Return the current credentials of a *session* of botocore; ``None`` if there are none."""
    # Imported late: a program that starts without botocore has no session.
    from botocore.exceptions import BotoCoreError

    source = session.get_credentials()
    if source is None:
        return None
    try:
        found = source.get_frozen_credentials()
    except BotoCoreError:
        # The client meets the same error when it signs a request, and raises the right exception.
        return None
    if not found.access_key or not found.secret_key:
        return None
    return Credentials(found.access_key, found.secret_key, found.token, getattr(found, "account_id", None))
