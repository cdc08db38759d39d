"""What is meant by a name that no backend has: a server, a region, a file, a schema library."""

from __future__ import annotations

import re
from collections.abc import Collection

from dynamorm.plugins.schema_search import PUBLISHED_SCHEMAS

_REGION = r"(us|eu|ap|sa|ca|me|af|il|mx|cn)(-gov|-iso[a-z]?)?-[a-z]+-\d"


def meant_backend(name: str, url: str, known: Collection[str], schemas: Collection[str]) -> str:
    """Return a sentence about what to write in place of a *name* that no backend has, with which a *url* begins.

    *known* are the names of the backends that there are, *schemas* those of the schema plugins. The sentence is empty
    if nobody can tell.
    """
    if name in {"http", "https"}:
        return (
            f"'{url or name}' is the address of a server, which boto3 takes as endpoint_url: "
            f"dynamorm.connect('boto3://eu-west-1', endpoint_url='{url or 'http://…'}')."
        )
    if name in schemas or name in PUBLISHED_SCHEMAS:
        return (
            f"'{name}' is a schema library, which models use without being connected to it. A backend stores the "
            f"items, such as {' or '.join(known) or 'boto3 or sqlite'}."
        )
    if re.fullmatch(_REGION, name):
        return f"'{name}' is a region of AWS: dynamorm.connect('boto3://{name}')."
    if name in {"dynamodb", "aws", "dynamo", "botocore", "boto"}:
        return "The backend for DynamoDB is boto3: dynamorm.connect('boto3://eu-west-1')."
    if re.search(r"\.(db|sqlite3?)$", name):
        return f"A file is opened with dynamorm.connect('sqlite:///{name}')."
    from difflib import get_close_matches  # deferred: start-up cost

    close = get_close_matches(name, list(known), n=1)
    return f"Did you mean '{close[0]}'?" if close else ""
