"""Sign requests with Signature Version 4: "AWS Signature Version 4 for API requests" in the IAM user guide."""

from __future__ import annotations

import time
from hashlib import sha256
from hmac import HMAC, digest
from typing import NamedTuple

_ALGORITHM = "AWS4-HMAC-SHA256"
_SERVICE = "dynamodb"
CONTENT_TYPE = "application/x-amz-json-1.0"


def target_of(action: str) -> str:
    """Return the header ``X-Amz-Target`` of an *action*. It contains the version of DynamoDB's API."""
    return f"DynamoDB_20120810.{action}"


class Credentials(NamedTuple):
    """The credentials that sign a request. ``account`` is the id of their account, if it is known."""

    access_key: str
    secret_key: str
    token: str | None = None
    account: str | None = None

    def __repr__(self) -> str:
        """Return the access key alone."""
        return f"Credentials({self.access_key!r}, …)"


class Signer:
    """Signs POST requests to one *host* and *path*, without a query, in a *region*.

    *host* is the content of the header ``Host``. The signing key is derived once a day ("Derive a signing key").
    """

    def __init__(self, host: str, path: str, region: str) -> None:
        self._host = host
        self._path = path
        self._region = region
        #: The day and the secret key of the signing key, and its hash, from which each signature continues.
        self._signing: tuple[str, str, HMAC] = ("", "", HMAC(b"", digestmod="sha256"))
        self._moment = (0, "")

    def headers(self, target: str, body: bytes, credentials: Credentials, moment: str | None = None) -> dict[str, str]:
        """Return the headers that sign a request for an action, *target*, with a *body*.

        *moment* is the time of signing, such as ``20261123T093000Z``; now by default.
        """
        if moment is None:
            moment = self._now()
        headers = {"Content-Type": CONTENT_TYPE, "X-Amz-Target": target, "X-Amz-Date": moment}
        token = credentials.token
        if token:
            headers["X-Amz-Security-Token"] = token
            signed, token_line = (
                "content-type;host;x-amz-date;x-amz-security-token;x-amz-target",
                (f"x-amz-security-token:{token}\n"),
            )
        else:
            signed, token_line = "content-type;host;x-amz-date;x-amz-target", ""
        request = (
            f"POST\n{self._path}\n\ncontent-type:{CONTENT_TYPE}\nhost:{self._host}\nx-amz-date:{moment}\n{token_line}"
            f"x-amz-target:{target}\n\n{signed}\n{sha256(body).hexdigest()}"
        )
        scope = f"{moment[:8]}/{self._region}/{_SERVICE}/aws4_request"
        text = f"{_ALGORITHM}\n{moment}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        signing = self._signing_key(moment[:8], credentials.secret_key).copy()
        signing.update(text.encode())
        signature = signing.hexdigest()
        headers["Authorization"] = (
            f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={signed}, Signature={signature}"
        )
        return headers

    def _now(self) -> str:
        second = int(time.time())
        known, text = self._moment
        if known != second:
            text = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))
            self._moment = (second, text)
        return text

    def _signing_key(self, day: str, secret_key: str) -> HMAC:
        # Read once, as another thread may replace it.
        known_day, known_secret, signing = self._signing
        if known_day != day or known_secret != secret_key:
            key = f"AWS4{secret_key}".encode()
            for part in (day, self._region, _SERVICE, "aws4_request"):
                key = digest(key, part.encode(), "sha256")
            signing = HMAC(key, digestmod="sha256")
            self._signing = (day, secret_key, signing)
        return signing
