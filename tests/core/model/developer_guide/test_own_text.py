"""The expressions of the developer guide, as they stand there: they do what the table of this folder says of them.

They are sent through boto3's own client, with the guide's placeholders and past DynamORM, so that the table can't lie.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dynamorm.engine.run.connections import using
from tests.support.developer_guide.chapters import CHAPTERS
from tests.support.developer_guide.examples import Send
from tests.support.developer_guide.models import MODELS
from tests.support.servers.connections import boto3_client
from tests.support.tables import table_of

#: moto reads only the last of several elements of one list.
MOTO_DIFFERS = ("RelatedItems[0], RelatedItems[2]",)


@pytest.fixture(params=[pytest.param("moto", id="moto"), pytest.param("local", id="dynamodb-local")])
def send(request: pytest.FixtureRequest) -> Iterator[Send]:
    """Sends a request through boto3's client to a server with the tables of the models."""
    backend = request.getfixturevalue(request.param)
    client = boto3_client(request.getfixturevalue({"moto": "moto_server", "local": "dynamodb_local"}[request.param]))
    with using(backend):
        for model in MODELS.values():
            table_of(model).create_table()
        yield lambda operation, **parameters: getattr(client, operation)(**parameters)
    client.close()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_text_of_the_guide_does_what_the_table_says(
    chapter: str, send: Send, request: pytest.FixtureRequest
) -> None:
    on_moto = "moto" in request.node.name
    wrong: dict[str, Any] = {}
    for example in CHAPTERS[chapter]:
        outcome = example.sent(send, MODELS)
        if outcome != example.expected and not (on_moto and example.expression in MOTO_DIFFERS):
            wrong[example.expression] = outcome
    assert wrong == {}
