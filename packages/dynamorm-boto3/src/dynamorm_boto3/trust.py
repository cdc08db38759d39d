"""Which servers are trusted: TLS certificates and their authorities."""

from __future__ import annotations

import os
import ssl
import sys

from dynamorm.exceptions import BackendMisconfigured


def tls_context(verify: bool | str) -> ssl.SSLContext:
    """Return the TLS context for *verify*, an option of boto3's client.

    Raises :class:`~dynamorm.exceptions.BackendMisconfigured` for certificate authorities that can't be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        authorities = _authorities() if verify is True else verify
        folder = os.path.isdir(authorities)
        try:
            context.load_verify_locations(None if folder else authorities, authorities if folder else None)
        except OSError as error:
            raise BackendMisconfigured(
                f"The certificate authorities in '{authorities}' can't be read: {error}. Correct the option verify, or "
                "the environment variable AWS_CA_BUNDLE or REQUESTS_CA_BUNDLE."
            ) from error
    if (log := os.environ.get("SSLKEYLOGFILE")) and not sys.flags.ignore_environment:
        context.keylog_filename = log
    return context


def _authorities() -> str:
    """Return the file of certificate authorities that botocore uses: certifi's if it is installed, else its own."""
    try:
        from certifi import where
    except ImportError:
        from importlib.util import find_spec

        spec = find_spec("botocore")
        assert spec is not None
        assert spec.origin is not None
        return os.path.join(os.path.dirname(spec.origin), "cacert.pem")
    return where()
