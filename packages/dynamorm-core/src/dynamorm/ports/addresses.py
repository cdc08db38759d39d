"""URLs of backends and servers without what may be secret in them."""

from __future__ import annotations

import re


def without_secrets(url: str) -> str:
    """Return a *url* without its user, password and query, which may be secrets and may contain slashes.

    A path of a file, behind three slashes, stays as it is.
    """
    without_user = re.sub(r"(?<!/)//(?!/).*@", "//…@", url, flags=re.DOTALL)
    return re.sub(r"\?.*", "?…", without_user, flags=re.DOTALL)
