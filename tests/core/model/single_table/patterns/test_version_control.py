"""ElectroDB's example "Version control": repositories, issues, pull requests and comments, each pattern in one request.

ElectroDB's version reads the unread replies with one query for each kind of comment. Here they are in one index, from
which a reply goes when it is read.
"""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll, Q, SharedTable
from dynamorm.data import Query, UpdateItem
from dynamorm.exceptions import ConditionFailed
from dynamorm.testing.schemas import fields
from tests.core.model.single_table.patterns.conftest import OneRequest
from tests.support.backends import RecordingBackend

TODAY = datetime.date(2026, 1, 1)
REPOSITORY: dict[str, Any] = {"owner": "ann", "repository": "dynamo"}


class Forge(SharedTable):
    name = "forge"
    hash_key = "pk"
    range_key = "sk"

    class Gsi1(GlobalIndex):
        name = "gsi1"
        hash_key = "gsi1pk"
        range_key = "gsi1sk"
        projection = ProjectAll()

    class Gsi2(GlobalIndex):
        name = "gsi2"
        hash_key = "gsi2pk"
        range_key = "gsi2sk"
        projection = ProjectAll()


class User(DynaModel):
    class Table(Forge):
        kind = "user"
        hash_key = Key("USER#{user}")
        range_key = Key("PROFILE")

    class Owned(Forge.Gsi1):
        hash_key = Key("USER#{user}")
        range_key = Key("PROFILE")

    class Schema:
        user = fields.text(required=True)
        full_name = fields.text(required=True)


class Repository(DynaModel):
    class Table(Forge):
        kind = "repository"
        hash_key = Key("USER#{owner}")
        range_key = Key("REPOSITORY#{repository}")

    class Owned(Forge.Gsi1):
        hash_key = Key("USER#{owner}")
        range_key = Key("REPOSITORY#{private}#{created}")

    class Schema:
        owner = fields.text(required=True)
        repository = fields.text(required=True)
        private = fields.boolean(required=True)
        created = fields.date(required=True)
        stars = fields.integer(default=lambda: 0)


class Issue(DynaModel):
    class Table(Forge):
        kind = "issue"
        hash_key = Key("ISSUE#{owner}#{repository}#{number:06d}")
        range_key = Key("ISSUE")

    class Created(Forge.Gsi1):
        hash_key = Key("USER#{user}")
        range_key = Key("ISSUE#{status}#{created}#{number:06d}")

    class Activity(Forge.Gsi2):
        hash_key = Key("REPOSITORY#{owner}#{repository}")
        range_key = Key("{status}#{created}#{number:06d}")

    class Schema:
        owner = fields.text(required=True)
        repository = fields.text(required=True)
        number = fields.integer(required=True)
        user = fields.text(required=True)
        status = fields.text(default=lambda: "open")
        created = fields.date(required=True)


class PullRequest(DynaModel):
    class Table(Forge):
        kind = "pull request"
        hash_key = Key("PULL#{owner}#{repository}#{number:06d}")
        range_key = Key("PULL")

    class Created(Forge.Gsi1):
        hash_key = Key("USER#{user}")
        range_key = Key("PULL#{status}#{created}#{number:06d}")

    class Activity(Forge.Gsi2):
        hash_key = Key("REPOSITORY#{owner}#{repository}")
        range_key = Key("{status}#{created}#{number:06d}")

    class Schema:
        owner = fields.text(required=True)
        repository = fields.text(required=True)
        number = fields.integer(required=True)
        user = fields.text(required=True)
        status = fields.text(default=lambda: "open")
        created = fields.date(required=True)


class IssueComment(DynaModel):
    class Table(Forge):
        kind = "issue comment"
        hash_key = Key("ISSUE#{owner}#{repository}#{number:06d}")
        range_key = Key("COMMENT#{comment}")

    class Inbox(Forge.Gsi2):
        hash_key = Key("INBOX#{reply_to}")
        range_key = Key("{created}#{comment}")
        only_if = Q(viewed__not_exists=True)

    class Schema:
        owner = fields.text(required=True)
        repository = fields.text(required=True)
        number = fields.integer(required=True)
        comment = fields.text(required=True)
        user = fields.text(required=True)
        created = fields.date(required=True)
        reply_to = fields.text()
        viewed = fields.date()


class PullRequestComment(DynaModel):
    class Table(Forge):
        kind = "pull request comment"
        hash_key = Key("PULL#{owner}#{repository}#{number:06d}")
        range_key = Key("COMMENT#{comment}")

    class Inbox(Forge.Gsi2):
        hash_key = Key("INBOX#{reply_to}")
        range_key = Key("{created}#{comment}")
        only_if = Q(viewed__not_exists=True)

    class Schema:
        owner = fields.text(required=True)
        repository = fields.text(required=True)
        number = fields.integer(required=True)
        comment = fields.text(required=True)
        user = fields.text(required=True)
        created = fields.date(required=True)
        reply_to = fields.text()
        viewed = fields.date()


class Subscription(DynaModel):
    class Table(Forge):
        kind = "subscription"
        hash_key = Key("ISSUE#{owner}#{repository}#{number:06d}")
        range_key = Key("SUBSCRIBER#{user}")

    class Schema:
        owner = fields.text(required=True)
        repository = fields.text(required=True)
        number = fields.integer(required=True)
        user = fields.text(required=True)


def comment(kind: type[DynaModel], number: int, name: str, days: int) -> None:
    """Put a comment of Bob's on Ann's issue or pull request, some days later."""
    created = TODAY + datetime.timedelta(days)
    kind.put({**REPOSITORY, "number": number, "comment": name, "user": "bob", "created": created, "reply_to": "ann"})


@pytest.fixture(autouse=True)
def forge(recorder: RecordingBackend) -> None:
    """Create the table, with a user, a repository, an issue, a pull request, their comments, and a subscriber."""
    Forge.create_table()
    User.put({"user": "ann", "full_name": "Ann"})
    Repository.put({**REPOSITORY, "private": False, "created": TODAY})
    Repository.put({"owner": "ann", "repository": "secret", "private": True, "created": TODAY})
    Issue.put({**REPOSITORY, "number": 1, "user": "ann", "created": TODAY})
    PullRequest.put({**REPOSITORY, "number": 2, "user": "ann", "created": TODAY})
    comment(IssueComment, 1, "1", 1)
    comment(PullRequestComment, 2, "2", 2)
    comment(IssueComment, 1, "3", 3)
    Subscription.put({**REPOSITORY, "number": 1, "user": "joe"})


def kinds(items: Any) -> list[str]:
    return [type(item).__name__ for item in items]


def test_public_repositories_of_a_user(one_request: OneRequest) -> None:
    with one_request(Query):
        assert [found.repository for found in Repository.Owned.query(owner="ann", private=False)] == ["dynamo"]


def test_an_issue_with_its_comments_newest_first(one_request: OneRequest) -> None:
    with one_request(Query):
        found = list(Forge.query(Issue, IssueComment, **REPOSITORY, number=1).reverse())
    assert kinds(found) == ["Issue", "IssueComment", "IssueComment"]
    assert [each.comment for each in found[1:]] == ["3", "1"]


def test_a_pull_request_with_its_comments(one_request: OneRequest) -> None:
    with one_request(Query):
        found = list(Forge.query(PullRequest, PullRequestComment, **REPOSITORY, number=2))
    assert kinds(found) == ["PullRequestComment", "PullRequest"]


def test_open_pull_requests_of_a_user(one_request: OneRequest) -> None:
    with one_request(Query):
        assert [found.number for found in PullRequest.Created.query(user="ann", status="open").reverse()] == [2]


def test_all_that_a_user_has(one_request: OneRequest) -> None:
    with one_request(Query):
        found = Forge.Gsi1.query(User, Repository, Issue, PullRequest, user="ann").grouped()
    assert {model.__name__: len(items) for model, items in found.items()} == {
        "User": 1,
        "Repository": 2,
        "Issue": 1,
        "PullRequest": 1,
    }


def test_what_is_open_in_a_repository(one_request: OneRequest) -> None:
    with one_request(Query):
        assert kinds(Forge.Gsi2.query(Issue, PullRequest, **REPOSITORY, status="open")) == ["Issue", "PullRequest"]


def test_subscribers_of_an_issue(one_request: OneRequest) -> None:
    with one_request(Query):
        assert [found.user for found in Subscription.query(**REPOSITORY, number=1)] == ["joe"]


def test_unread_replies_of_both_kinds_in_their_order(one_request: OneRequest) -> None:
    with one_request(Query):
        found = list(Forge.Gsi2.query(IssueComment, PullRequestComment, reply_to="ann"))
    assert [each.comment for each in found] == ["1", "2", "3"]
    assert kinds(found) == ["IssueComment", "PullRequestComment", "IssueComment"]


def test_a_reply_that_is_read_leaves_the_inbox(one_request: OneRequest) -> None:
    reply = IssueComment.get(**REPOSITORY, number=1, comment="1")
    assert reply is not None
    with one_request(UpdateItem):
        reply.update(viewed=TODAY, conditions={"reply_to": "ann"})
    assert [each.comment for each in Forge.Gsi2.query(IssueComment, PullRequestComment, reply_to="ann")] == ["2", "3"]


def test_its_author_or_the_owner_may_close_a_pull_request(one_request: OneRequest) -> None:
    key: dict[str, Any] = {**REPOSITORY, "number": 2}
    known: dict[str, Any] = {"user": "ann", "created": TODAY}
    with one_request(UpdateItem), pytest.raises(ConditionFailed):
        PullRequest.update_item(**key, status="closed", known=known, conditions=Q(user="joe") | Q(owner="joe"))
    with one_request(UpdateItem):
        PullRequest.update_item(**key, status="closed", known=known, conditions=Q(user="ann") | Q(owner="ann"))
    assert [found.number for found in PullRequest.Created.query(user="ann", status="closed")] == [2]
    assert kinds(Forge.Gsi2.query(Issue, PullRequest, **REPOSITORY, status="open")) == ["Issue"]


def test_somebody_stars_a_repository(one_request: OneRequest) -> None:
    with one_request(UpdateItem):
        Repository.update_item(**REPOSITORY, stars__add=1)
    found = Repository.get(**REPOSITORY)
    assert found is not None
    assert found.stars == 1
