"""``operate.export.iam``: policies that allow what the verbs of models send, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel, Mapped, Model, mapped, operate
from dynamorm.data import CreateTable, DeleteTable, DescribeTable, Operation
from dynamorm.exceptions import DynaModelException
from dynamorm.operate.export import Purpose
from dynamorm.ports.backends import Backend
from tests.core.operate import every_verb, shop, table_matrix
from tests.core.operate.linters import parliament
from tests.core.operate.permissions import Permission, allowed, needed
from tests.support.backends import RecordingBackend, Result

PURPOSES: tuple[Purpose, ...] = ("plan", "apply", "dump", "load")
MODELS: list[Any] = [shop.Book, shop.Author, shop.Account, shop.Customer, shop.Order, shop.Login, shop.Client]


@pytest.mark.parametrize(
    ("part", "words"),
    [({"account": "1234"}, "12 digits"), ({"region": "eu west"}, "the name of a region"), ({"partition": "*"}, "aws")],
)
def test_arns_that_no_table_has_are_refused(part: dict[str, str], words: str) -> None:
    (name,) = part
    with pytest.raises(DynaModelException, match=f"can't be the {name} of the tables' ARNs: it is {words}"):
        operate.export.iam([shop.Book], **part)  # type: ignore[arg-type]
    policy = operate.export.iam([shop.Book], "plan", account="${AWS::AccountId}", region="eu-*")
    assert policy.document["Statement"][0]["Resource"] == ["arn:aws:dynamodb:eu-*:${AWS::AccountId}:table/books"]


@pytest.fixture
def recorder(sqlite_memory: Backend) -> Iterator[RecordingBackend]:
    recording = RecordingBackend(sqlite_memory)
    with dynamorm.using(recording):
        dynamorm.create_all(every_verb.MODELS)
        recording.sent.clear()
        yield recording


PARTS = (
    every_verb.write_books,
    every_verb.read_books,
    every_verb.use_accounts,
    every_verb.use_tenants,
    every_verb.without_sending,
)
LEADING_KEY = "TENANT#${aws:PrincipalTag/tenant}#*"


def test_app_allows_what_every_verb_sends_and_nothing_else(recorder: RecordingBackend) -> None:
    call = every_verb.CalledVerbs()
    for part in PARTS:
        part(call)
    sent, allows = needed(recorder.sent), allowed(operate.export.iam(MODELS).document)
    assert sent - allows == set()
    # The tables that programs name allow each verb, whichever of them the program above calls. The other tables and
    # the indexes allow only what is sent.
    own = {model.__table__.name for model in MODELS}
    assert {each for each in allows - sent if each.resource not in own} <= {
        # What prefetch, and an index of the relationship, would send.
        Permission("BatchGetItem", "profiles"),
        Permission("Query", "profiles"),
        Permission("UpdateItem", "profiles"),
    }


def test_every_verb_is_among_them(recorder: RecordingBackend) -> None:
    call = every_verb.CalledVerbs()
    for part in (*PARTS, every_verb.scan_everything):
        part(call)
    awaited = {"afetch", *(name for name in dynamorm.verbs.__all__ if name[1:] in dynamorm.verbs.__all__)}
    assert call.called == set(dynamorm.verbs.__all__) - awaited


def test_scans_are_allowed_on_demand_only(recorder: RecordingBackend) -> None:
    call = every_verb.CalledVerbs()
    every_verb.write_books(call)
    every_verb.use_accounts(call)
    every_verb.use_tenants(call)
    recorder.sent.clear()
    every_verb.scan_everything(call)
    sent = needed(recorder.sent)
    scans = {each for each in sent if each.action == "Scan"}
    assert {each.resource for each in scans} == {
        "books",
        "books/index/by-author",
        "tenants",
        "tenants/index/gsi1",
        "accounts",
    }
    policy = operate.export.iam(MODELS)
    assert sent - allowed(policy.document) == scans
    assert policy.notes[0].startswith("Scans are not allowed: scan, count of a whole table, check and reindex need")
    with_scan = operate.export.iam(MODELS, scan=True)
    assert sent - allowed(with_scan.document) == set()
    assert not any("Scan" in note for note in with_scan.notes)
    own = {model.__table__.name for model in MODELS}
    scanned = {each.resource for each in allowed(with_scan.document) if each.action == "Scan"}
    assert {resource.partition("/")[0] for resource in scanned} == own


@pytest.mark.parametrize("purpose", ["app", "reader"])
def test_one_model_allows_what_its_own_verbs_reach(purpose: Any, recorder: RecordingBackend) -> None:
    call = every_verb.CalledVerbs()
    every_verb.write_books(call)
    written = list(recorder.sent)
    recorder.sent.clear()
    every_verb.read_books(call)
    policy = operate.export.iam([shop.Book], purpose)
    sent = needed(recorder.sent if purpose == "reader" else [*written, *recorder.sent])
    assert sent - allowed(policy.document) == set()
    assert "The table 'authors' is there because of Book.writer." in policy.notes
    if purpose == "reader":
        assert {each.action for each in allowed(policy.document)} == {"GetItem", "BatchGetItem", "Query"}


def test_reader_may_look_up_unique_values(recorder: RecordingBackend) -> None:
    shop.Account(number=1, login="one").save()
    recorder.sent.clear()
    assert shop.Account.by_unique(login="one")
    assert needed(recorder.sent) - allowed(operate.export.iam([shop.Account], "reader").document) == set()


def test_a_policy_in_full() -> None:
    policy = operate.export.iam([shop.Account], region="eu-west-1", account="123456789012", table_prefix="dev-")
    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table"
    assert policy.document == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Tables",
                "Effect": "Allow",
                "Action": [
                    "dynamodb:GetItem",
                    "dynamodb:BatchGetItem",
                    "dynamodb:Query",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                    "dynamodb:DeleteItem",
                    "dynamodb:BatchWriteItem",
                    "dynamodb:ConditionCheckItem",
                ],
                "Resource": [f"{arn}/dev-accounts"],
            },
            {
                "Sid": "Tables2",
                "Effect": "Allow",
                "Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"],
                "Resource": [f"{arn}/dev-names"],
            },
            {
                "Sid": "Tables3",
                "Effect": "Allow",
                "Action": [
                    "dynamodb:GetItem",
                    "dynamodb:BatchGetItem",
                    "dynamodb:Query",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                    "dynamodb:DeleteItem",
                ],
                "Resource": [f"{arn}/dev-profiles"],
            },
        ],
    }
    assert policy.notes[1:] == (
        "The table 'dev-names' is there because of Unique('login') of Account.",
        "The table 'dev-profiles' is there because of Account.profile.",
    )


def test_only_the_indexes_that_models_use_are_listed() -> None:
    def indexes(*models: Any) -> set[str]:
        return {each.resource for each in allowed(operate.export.iam(models).document) if "/index/" in each.resource}

    assert indexes(shop.Customer) == {"tenants/index/gsi1"}
    assert indexes(shop.Order) == {"tenants/index/gsi1", "tenants/index/gsi2", "tenants/index/lsi1"}
    assert indexes(shop.Tenants) == indexes(shop.Order, shop.Customer)


def test_a_shared_table_without_models_allows_all_of_it() -> None:
    class Empty(dynamorm.SharedTable):
        name = "empty"
        hash_key = "pk"

        class Gsi1(dynamorm.GlobalIndex):
            name = "gsi1"
            hash_key = "gsi1pk"
            projection = dynamorm.ProjectAll()

    allows = allowed(operate.export.iam([Empty]).document)
    assert Permission("PutItem", "empty") in allows
    assert {each for each in allows if "/index/" in each.resource} == {Permission("Query", "empty/index/gsi1")}
    limited = operate.export.iam([Empty], leading_keys=["${aws:username}"])
    assert allowed(limited.document) == {each for each in allows if each.resource == "empty"}


@pytest.mark.parametrize(
    ("purpose", "actions"),
    [
        ("plan", {"DescribeTable", "DescribeTimeToLive", "ListTagsOfResource"}),
        (
            "apply",
            {
                "CreateTable",
                "DescribeTable",
                "DescribeTimeToLive",
                "ListTagsOfResource",
                "TagResource",
                "UntagResource",
                "UpdateTable",
                "UpdateTimeToLive",
            },
        ),
        ("dump", {"DescribeTable", "DescribeTimeToLive", "ListTagsOfResource", "Scan"}),
        ("load", {"BatchWriteItem", "DescribeTable", "PutItem"}),
    ],
)
def test_commands_need_tables_only(purpose: Any, actions: set[str]) -> None:
    policy = operate.export.iam([shop.Book, shop.Tenants], purpose)
    expected = {Permission(action, table) for action in actions for table in ("books", "tenants")}
    assert allowed(policy.document) == expected


class WholeRecorder(RecordingBackend):
    """It keeps the operations on tables, too."""

    def execute(self, operation: Operation[Result]) -> Result:
        if isinstance(operation, (CreateTable, DescribeTable, DeleteTable)):
            self.sent.append(operation)
        return super().execute(operation)


def test_commands_are_allowed_what_they_send(sqlite_memory: Backend, tmp_path: Path) -> None:
    backend = WholeRecorder(sqlite_memory)

    def sent() -> set[Permission]:
        found = needed(backend.sent)
        backend.sent.clear()
        return found

    class Wider(shop.Login):
        class Table:
            name = "logins"
            hash_key = "number"
            range_key = "at"
            ttl = "expires"
            tags = {"team": "sales"}  # noqa: RUF012 - a setting

        class ByTime(dynamorm.GlobalIndex["Wider"]):
            name = "by-time"
            hash_key = "at"
            projection = dynamorm.ProjectAll()

        expires: Mapped[int | None] = mapped(default=None)

    with dynamorm.using(backend):
        assert operate.plan([shop.Login, shop.Author]).tables
        assert sent() <= allowed(operate.export.iam([shop.Login, shop.Author], "plan").document)
        operate.apply([shop.Login])
        operate.apply([Wider])
        applied = sent()
        assert {"CreateTable", "UpdateTable", "UpdateTimeToLive", "TagResource"} <= {each.action for each in applied}
        assert applied <= allowed(operate.export.iam([shop.Login], "apply").document)
        shop.Login(number=1, at="now").save()
        backend.sent.clear()
        operate.dump(Wider, tmp_path / "dump")
        dump = allowed(operate.export.iam([shop.Login], "dump").document)
        assert sent() == dump
        operate.verify(tmp_path / "dump", against=shop.Login)
        operate.inspect(shop.Login, [shop.Login])
        assert sent() <= dump
        describing = allowed(operate.export.iam([shop.Login], "plan").document)
        assert operate.get_row(shop.Login, {"number": 1, "at": "now"})
        assert operate.get_table_row("logins", {"number": 1, "at": "now"})
        assert list(operate.read_rows(shop.Login.query(number=1)))
        assert operate.partition_size(shop.Login, {"number": 1}).items
        assert sent() <= allowed(operate.export.iam([shop.Login], "reader").document) | describing
        operate.delete_partition(shop.Login, {"number": 1})
        assert sent() <= allowed(operate.export.iam([shop.Login], "app").document) | describing


def incremental_export(folder: Path) -> Path:
    """An export of changes: a put, and a deletion."""
    put = {"Keys": {"number": {"N": "1"}, "at": {"S": "b"}}, "NewImage": {"number": {"N": "1"}, "at": {"S": "b"}}}
    delete = {"Keys": {"number": {"N": "1"}, "at": {"S": "c"}}, "OldImage": {"number": {"N": "1"}, "at": {"S": "c"}}}
    metadata = {"Metadata": {"WriteTimestampMicros": {"N": "1"}}}
    path = folder / "changes.json"
    path.write_text("".join(f"{json.dumps({**metadata, **change})}\n" for change in (put, delete)))
    return path


def test_load_is_allowed_what_it_sends(sqlite_memory: Backend, tmp_path: Path) -> None:
    backend = WholeRecorder(sqlite_memory)
    source, changes = tmp_path / "items.json", incremental_export(tmp_path)
    source.write_text('{"Item": {"number": {"N": "1"}, "at": {"S": "now"}}}\n')
    policy = operate.export.iam([shop.Login], "load")
    load = allowed(policy.document)

    def sent() -> set[Permission]:
        found = needed(backend.sent)
        backend.sent.clear()
        return found

    with dynamorm.using(backend):
        operate.load(source, shop.Login, create=True)
        assert sent() <= load | allowed(operate.export.iam([shop.Login], "apply").document)
        operate.load(source, shop.Login)
        operate.load(changes, shop.Login, incremental=True)
        operate.load(source, shop.Login, if_absent=True)
        assert sent() == load
        operate.load(source, shop.Login, check=True)
        assert {each.action for each in sent() - load} == {"BatchGetItem"}
        assert "dynamodb:BatchGetItem" in policy.notes[0]
        operate.copy(shop.Login, "copied")
        source_side = {each for each in sent() if each.resource == "logins"}
        assert source_side <= allowed(operate.export.iam([shop.Login], "dump").document)


def test_parliament_has_no_findings_but_in_mistakes() -> None:
    policies = [
        operate.export.iam(MODELS).json(),
        operate.export.iam(MODELS, scan=True, partition="aws-cn").json(),
        operate.export.iam(MODELS, "reader", region="eu-west-1", account="123456789012").json(),
        operate.export.iam([shop.Order, shop.Customer], leading_keys=[LEADING_KEY]).json(),
        operate.export.iam([shop.Tenants], "reader", leading_keys=[LEADING_KEY, "UNIQUE#*"]).json(),
        *(operate.export.iam(MODELS, purpose).json() for purpose in PURPOSES),
        operate.export.iam(table_matrix.models(20)).json(),
    ]
    limited = policies[3]
    mistakes = [
        limited.replace("dynamodb:GetItem", "dynamodb:Scan"),
        limited.replace("dynamodb:PutItem", "dynamodb:TransactWriteItems"),
    ]
    findings = parliament(*policies, *mistakes)
    assert findings[: len(policies)] == [[]] * len(policies)
    assert all(findings[len(policies) :])


# --- leading keys


def test_items_of_other_leading_keys_are_not_allowed() -> None:
    policy = operate.export.iam([shop.Order, shop.Customer], leading_keys=[LEADING_KEY])
    for statement in policy.document["Statement"]:
        assert statement["Condition"] == {
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [LEADING_KEY]},
            "Null": {"dynamodb:LeadingKeys": "false"},
        }
        assert "dynamodb:Scan" not in statement["Action"]
    assert {each.resource for each in allowed(policy.document)} == {
        "tenants",
        # By the hash key of the table, and by one that begins with the tenant, too.
        "tenants/index/lsi1",
        "tenants/index/gsi1",
    }
    assert policy.notes[1:] == (
        (
            "Reads by Order.ByBuyer will be denied in the index 'gsi2' of 'tenants': its hash keys have 'buyer' where those "
            "of the table have 'tenant'."
        ),
        (
            "Unique('tenant', 'email') of Customer will be denied in the table 'tenants': the hash keys there are "
            f"UNIQUE#customer#tenant+email#{{tenant}}#{{email}}, which does not fit '{LEADING_KEY}'."
        ),
        (
            "Reads by Customer.ByEmail will be denied in the index 'gsi1' of 'tenants': the hash keys there are "
            f"EMAIL#{{email}}, which does not fit '{LEADING_KEY}'."
        ),
    )


def test_guards_have_leading_keys_of_their_own() -> None:
    guards = "UNIQUE#customer#tenant+email#${aws:PrincipalTag/tenant}#*"
    policy = operate.export.iam([shop.Customer], leading_keys=[LEADING_KEY, guards])
    assert not any("Unique" in note for note in policy.notes)
    (statement,) = policy.document["Statement"]
    assert statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] == [LEADING_KEY, guards]


def test_tables_with_other_hash_keys_are_left_out() -> None:
    policy = operate.export.iam([shop.Order, shop.Book], leading_keys=LEADING_KEY)
    # A plain field may hold any text, so that its table and its index have keys of their own.
    assert "tenants" in {each.resource for each in allowed(policy.document)}
    policy = operate.export.iam([shop.Order, shop.Login], leading_keys=[LEADING_KEY])
    assert not any(each.resource == "logins" for each in allowed(policy.document))
    assert any(note.startswith("Login will be denied in the table 'logins': the hash") for note in policy.notes)


class Document(Model):
    class Table:
        name = "documents"
        hash_key = "owner"
        range_key = "number"

    class ByOwner(dynamorm.GlobalIndex["Document"]):
        name = "by-owner"
        hash_key = "owner"
        range_key = "title"
        projection = dynamorm.ProjectAll()

    class ByBoth(dynamorm.GlobalIndex["Document"]):
        name = "by-both"
        hash_key = ("owner", "title")
        projection = dynamorm.ProjectAll()

    class ByTitle(dynamorm.GlobalIndex["Document"]):
        name = "by-title"
        hash_key = "title"
        projection = dynamorm.ProjectAll()

    class ByNumber(dynamorm.GlobalIndex["Document"]):
        name = "by-number"
        hash_key = "number"
        projection = dynamorm.ProjectAll()

    owner: Mapped[str]
    number: Mapped[int]
    title: Mapped[str]


@pytest.mark.parametrize("pattern", ["${aws:username}", "USER#${aws:username}", "USER#${aws:username}#*"])
def test_plain_fields_are_whole_hash_keys(pattern: str) -> None:
    policy = operate.export.iam([Document], leading_keys=[pattern])
    assert {each.resource for each in allowed(policy.document)} == {"documents", "documents/index/by-owner"}
    denied = [note for note in policy.notes if "will be denied" in note]
    assert [note.split()[2] for note in denied] == ["Document.ByBoth", "Document.ByNumber", "Document.ByTitle"]


def test_former_keys_are_asked_for_too() -> None:
    """A batch asks for the former keys together with the others, and would be denied as a whole."""

    class Moved(Model):
        class Table:
            name = "moved"
            hash_key = dynamorm.Key("TENANT#{tenant}#ITEM", attribute="pk", also="T#{tenant}")

        tenant: Mapped[str]

    policy = operate.export.iam([Moved], leading_keys=[LEADING_KEY])
    assert policy.notes[1:] == (
        (
            f"Moved, under its former keys, will be denied in the table 'moved': the hash keys there are T#{{tenant}}, "
            f"which does not fit '{LEADING_KEY}'."
        ),
    )
    both = operate.export.iam([Moved], leading_keys=[LEADING_KEY, "T#${aws:PrincipalTag/tenant}"])
    assert len(both.notes) == 1


def model_with_hash_key(template: str) -> type[DynaModel]:
    """A model whose hash key is composed by a *template* of a and b."""
    table = type("Table", (), {"name": "things", "hash_key": dynamorm.Key(template, attribute="pk")})
    schema = type("Schema", (), {"a": fields.String(), "b": fields.String()})
    return type("Thing", (DynaModel,), {"Table": table, "Schema": schema})


@pytest.mark.parametrize(
    ("template", "pattern", "fits"),
    [
        ("T#{a}", "T#${x}", True),
        ("T#{a}", "T#${x}#*", False),
        ("T#{a}", "T#one", True),
        ("T#{a}", "T#o*", False),
        ("T#{a}", "T#*", True),
        ("T#{a}", "T*", True),
        ("T#{a}", "S#${x}", False),
        ("T#{a}", "T${x}", False),
        ("T#{a}", "T#", False),
        ("T#{a}#U", "T#${x}", False),
        ("T#{a}#U", "T#${x}#*", True),
        ("T#{a}#U", "T#${x}#U", True),
        ("T#{a}#U", "T#${x}#U#*", False),
        ("T#{a}#U", "T#${x}#V*", False),
        ("T#{a}#U", "T#org-${x}#*", True),
        ("T#{a}#U", "T#one#*", True),
        ("T#{a}#{b}", "T#${x}#${y}", True),
        ("T#{a}#{b}", "T#${x}#*", True),
        ("T#{a}#{b}", "T#${x}#one*", False),
        ("T#{a}#{b}", "T#${x}", False),
        ("{a}#{b}", "${x}#*", True),
        ("{a}", "${x}", True),
        ("*{a}", "${*}${x}", True),
        ("*{a}", "?${x}", None),
    ],
)
def test_patterns_fit_templates(template: str, pattern: str, fits: bool | None) -> None:
    model = model_with_hash_key(template)
    if fits:
        assert allowed(operate.export.iam([model], leading_keys=[pattern]).document)
        return
    message = "has a wildcard before its end" if fits is None else "No table has hash keys that fit '.*Thing has "
    with pytest.raises(DynaModelException, match=message):
        operate.export.iam([model], leading_keys=[pattern])


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("", "lets everyone read and write every key"),
        ("*", "lets everyone read and write every key"),
        ("TENANT#*#ORDERS", "has a wildcard before its end. Write one '\\*' at the end"),
        ("TENANT#?", "has a wildcard before its end"),
        ("TENANT#${aws:PrincipalTag/tenant}*", "right after a variable, which also lets through"),
        ("TENANT#${}#*", "has a variable without a name or an end"),
        ("TENANT#${aws:PrincipalTag/tenant#*", "has a variable without a name or an end"),
    ],
)
def test_patterns_that_let_others_through_are_refused(pattern: str, message: str) -> None:
    with pytest.raises(DynaModelException, match=f"The leading key .* {message}"):
        operate.export.iam([shop.Order], leading_keys=[pattern])


def test_what_does_not_go_together_is_refused() -> None:
    iam: Any = operate.export.iam
    with pytest.raises(DynaModelException, match="can't allow scans and limit them to leading keys: a scan names no"):
        iam([shop.Order], scan=True, leading_keys=[LEADING_KEY])
    with pytest.raises(DynaModelException, match="A policy for dump has neither scan nor leading_keys"):
        iam([shop.Order], "dump", scan=True)
    with pytest.raises(DynaModelException, match="for plan has neither scan nor leading_keys"):
        iam([shop.Order], "plan", leading_keys=[LEADING_KEY])
    with pytest.raises(DynaModelException, match="Policies for events are not there yet: a later release reads"):
        iam([shop.Order], "events")
    with pytest.raises(
        DynaModelException, match=r"no policy for 'writer'\. Those are for app, reader, plan, apply, dump"
    ):
        iam([shop.Order], "writer")
    with pytest.raises(DynaModelException, match="leading_keys is a list of strings, such as"):
        iam([shop.Order], leading_keys=[5])


def test_instances_that_are_saved_together_are_in_the_policy(sqlite_memory: Backend) -> None:
    class Leaf(Model):
        class Table:
            name = "leaves"
            hash_key = "id"

        id: Mapped[str]
        text: Mapped[str | None] = mapped(default=None)

    class Twig(Model):
        class Table:
            name = "twigs"
            hash_key = "id"

        id: Mapped[str]
        text: Mapped[str | None] = mapped(default=None)
        leaf = dynamorm.OneToOne(Leaf, query=lambda twig: {"id": twig.id})

    class Branch(Model):
        class Table:
            name = "branches"
            hash_key = "id"

        id: Mapped[str]
        twig = dynamorm.OneToOne(Twig, query=lambda branch: {"id": branch.id})

    backend = RecordingBackend(sqlite_memory)
    with dynamorm.using(backend):
        dynamorm.create_all([Branch, Twig, Leaf])
        branch = Branch(id="1")
        assert branch.twig is not None
        branch.twig.text = "x"
        assert branch.twig.leaf is not None
        branch.twig.leaf.text = "y"
        branch.save()
        assert Leaf.get(id="1") is not None
    sent = needed(backend.sent)
    assert Permission("PutItem", "leaves") in sent
    assert sent - {Permission("GetItem", "leaves")} <= allowed(operate.export.iam([Branch]).document)


def test_a_policy_that_is_too_long_says_so() -> None:
    models = []
    for number in range(30):
        table = type("Table", (), {"name": f"{'x' * 200}{number}", "hash_key": "id"})
        schema = type("Schema", (), {"id": fields.String()})
        models.append(type(f"Long{number}", (DynaModel,), {"Table": table, "Schema": schema}))
    assert "managed policy has at most 6144" in operate.export.iam(models).notes[-1]


def test_a_relationship_to_a_model_that_is_not_defined_is_an_error() -> None:
    class Lonely(Model):
        class Table:
            name = "lonely"
            hash_key = "id"

        id: Mapped[str]
        others = dynamorm.OneToMany("Nowhere", query=lambda lonely: {"id": lonely.id})

    with pytest.raises(dynamorm.exceptions.UnknownModel, match="'Nowhere', which is not defined"):
        operate.export.iam([Lonely])
    assert operate.export.cloudformation([Lonely]).resources
