"""explain: what a verb would send, what that costs and what to beware of; and nothing is sent."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, LocalIndex, OneToMany, OneToOne, ProjectAll, ProjectKeys, Q, signals
from dynamorm.data import Scan, TableSpec
from dynamorm.engine.costs.estimates import Units
from dynamorm.engine.costs.explanations import Explanation, explanation_of
from dynamorm.engine.costs.warnings import CostWarningKind
from dynamorm.exceptions import DynaModelException, InvalidKey, MissingKey, Unsupported, ValidationError
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library

ALL_SIGNALS = (
    signals.pre_save,
    signals.post_save,
    signals.pre_update,
    signals.post_update,
    signals.pre_delete,
    signals.post_delete,
)


class User(DynaModel):
    class Table:
        name = "users"
        hash_key = "name"

    class Schema:
        name = fields.text(required=True)
        age = fields.integer()


class Reply(DynaModel):
    class Table:
        name = "replies"
        hash_key = "forum"
        range_key = "number"

    class ByUser(GlobalIndex):
        name = "by-user"
        hash_key = "user"
        range_key = "number"
        projection = ProjectKeys()

    class ByDay(LocalIndex):
        name = "by-day"
        hash_key = "forum"
        range_key = "day"
        projection = ProjectKeys()

    class ByKind(GlobalIndex):
        name = "by-kind"
        hash_key = "kind"
        projection = ProjectAll()

    class Schema:
        forum = fields.text(required=True)
        number = fields.integer(required=True)
        text = fields.text(attribute="the text")
        user = fields.text()
        day = fields.text()
        kind = fields.text()
        views = fields.integer()
        place = fields.map_of()

    author = OneToOne(User, query=lambda reply: {"name": reply.user})
    siblings: Any = OneToMany("Reply", query=lambda reply: {"forum": reply.forum})


KEY: Any = {"forum": "s3cr3t", "number": 1}


@pytest.fixture
def recorded(recorder: RecordingBackend) -> RecordingBackend:
    """A backend with a table of one reply, in force; it keeps what was sent since."""
    table_of(Reply).create_table()
    table_of(User).create_table()
    Reply.put({**KEY, "text": "s3cr3t", "user": "s3cr3t"})
    recorder.max_concurrency = 10
    recorder.sent.clear()
    return recorder


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """The signals that were sent, in their order."""
    names: list[str] = []

    def hear(signal: Any) -> Callable[..., None]:
        def receiver(sender: object, **_: object) -> None:
            names.append(signal.name.removeprefix("dynamorm."))

        signal.connect(receiver)
        return receiver

    receivers = [(signal, hear(signal)) for signal in ALL_SIGNALS]
    yield names
    for signal, receiver in receivers:
        signal.disconnect(receiver)


def kinds(explanation: Explanation) -> list[CostWarningKind]:
    return [warning.kind for warning in explanation.warnings]


def told(explanation: Explanation, kind: CostWarningKind) -> str:
    (text,) = (warning.text for warning in explanation.warnings if warning.kind == kind)
    return text


# What would be sent


def changed(reply: Reply) -> Reply:
    reply.text = "s3cr3t too"
    return reply


def in_a_batch(reply: Reply) -> None:
    with dynamorm.batch() as batch:
        batch.put(reply)
        batch.delete(User, name="s3cr3t")


def in_a_transaction(reply: Reply) -> None:
    with dynamorm.transaction(token="the same each time") as transaction:
        transaction.update(reply, views=3)
        transaction.check(User, name="s3cr3t", conditions={"age__not_exists": True})


VERBS: dict[str, tuple[Callable[[Reply], Any], str]] = {
    "get": (lambda reply: Reply.get(**KEY), "GetItem on table 'replies'"),
    "put": (lambda reply: Reply.put({**KEY, "text": "s3cr3t"}), "PutItem on table 'replies'"),
    "put_unique": (lambda reply: Reply.put_unique({"forum": "b", "number": 1}), "PutItem on table 'replies'"),
    "update_item": (lambda reply: Reply.update_item(**KEY, views__add=1), "UpdateItem on table 'replies'"),
    "save": (lambda reply: reply.save(), "PutItem on table 'replies'"),
    "partial save": (lambda reply: changed(reply).save(partial=True), "UpdateItem on table 'replies'"),
    "update": (lambda reply: reply.update(views=5), "UpdateItem on table 'replies'"),
    "delete": (lambda reply: reply.delete(conditions={"views__not_exists": True}), "DeleteItem on table 'replies'"),
    "put_batch": (lambda reply: Reply.put_batch({**KEY}), "BatchWriteItem on table 'replies'"),
    "delete_batch": (lambda reply: Reply.delete_batch({**KEY}), "BatchWriteItem on table 'replies'"),
    "get_batch": (lambda reply: list(Reply.get_batch([KEY])), "BatchGetItem on table 'replies'"),
    "transact_get": (lambda reply: dynamorm.transact_get((Reply, KEY)), "TransactGetItems on table 'replies'"),
    "a batch": (in_a_batch, "BatchWriteItem on tables 'replies', 'users'"),
    "a transaction": (in_a_transaction, "TransactWriteItems on tables 'replies', 'users'"),
    "items of a query": (lambda reply: list(Reply.query(forum="a")), "Query on table 'replies'"),
    "length of a scan": (lambda reply: len(Reply.ByKind.scan()), "Scan on index 'by-kind' of table 'replies'"),
    "count": (lambda reply: Reply.scan().parallel(2).count(), "Scan on table 'replies'"),
    "a page": (lambda reply: next(Reply.scan().pages()), "Scan on table 'replies'"),
    "a related instance": (lambda reply: reply.author, "GetItem on table 'users'"),
    "related instances": (lambda reply: list(reply.siblings), "Query on table 'replies'"),
    "Table.get": (lambda reply: table_of(Reply).get(**KEY), "GetItem on table 'replies'"),
}


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_explained_is_what_is_sent_then(verb: str, recorded: RecordingBackend) -> None:
    run, headline = VERBS[verb]
    reply = Reply.get(**KEY)
    assert reply is not None
    recorded.sent.clear()
    explanation = dynamorm.explain(run, reply)
    assert recorded.sent == []
    run(reply)
    assert [each.operation for each in explanation] == recorded.sent
    assert str(explanation).startswith(headline)
    assert "s3cr3t" not in str(explanation) + repr(explanation) + repr(explanation[0])


@pytest.mark.parametrize(
    ("verb", "action"),
    [
        (lambda table: table.create_table(), "CreateTable"),
        (lambda table: table.update_table(), "DescribeTable"),
        (lambda table: table.delete(), "DeleteTable"),
        (lambda table: table.exists, "DescribeTable"),
    ],
)
def test_verbs_of_tables_are_explained(verb: Callable[[Any], Any], action: str, recorder: RecordingBackend) -> None:
    explanation = dynamorm.explain(verb, table_of(Reply))
    assert [each.action for each in explanation] == [action]
    assert explanation.request is not None
    assert explanation.request["TableName"] == "replies"
    assert str(explanation) == f"{action} on table 'replies'\n  capacity: no units"
    assert not table_of(Reply).exists


def test_lazy_results_are_explained_as_they_are_given(recorded: RecordingBackend) -> None:
    keys = [{"forum": "a", "number": number} for number in range(230)]
    assert [each.action for each in dynamorm.explain(Reply.get_batch, keys)] == ["BatchGetItem"] * 3
    assert dynamorm.explain(Reply.query, forum="a")[0].key_condition == "forum = :v0"
    assert dynamorm.explain(Reply.ByUser.scan)[0].table == "index 'by-user' of table 'replies'"
    assert dynamorm.explain(getattr, Reply(**KEY), "siblings")[0].key_condition == "forum = :v0"
    assert recorded.sent == []


def test_nothing_to_send_is_explained_too(recorded: RecordingBackend, heard: list[str]) -> None:
    reply = Reply.get(**KEY)
    assert reply is not None
    recorded.sent.clear()
    for explanation in (
        dynamorm.explain(Reply.put_batch),
        dynamorm.explain(Reply.get_batch, []),
        dynamorm.explain(reply.save, partial=True),
    ):
        assert (len(explanation), explanation.request, str(explanation)) == (0, None, "Nothing would be sent.")
    assert heard == []
    assert recorded.sent == []


def test_the_texts_of_a_query(recorder: RecordingBackend) -> None:
    read = Reply.query(forum="s3cr3t", number__between=[1, 2]).limit(2).reverse().consistent()
    read = read.specific_attributes(["text", Reply.place["a.b"]])
    (operation,) = Reply.query(Q(text__begins_with="s3cr3t") | Q(views__gt=1), forum="a").explain()
    assert operation.filter == "begins_with('the text', :v0) OR views > :v1"
    explanation = read.explain()
    (operation,) = explanation
    assert operation.action == "Query"
    assert operation.table == "table 'replies'"
    assert operation.key_condition == "forum = :v0 AND number BETWEEN :v1 AND :v2"
    assert (operation.filter, operation.condition, operation.update) == (None, None, None)
    assert operation.projection == "'the text', place.'a.b', forum, number"
    assert explanation.request is operation.request
    assert operation.request["ExpressionAttributeValues"][":v0"] == {"S": "s3cr3t"}
    assert str(explanation) == (
        "Query on table 'replies'\n"
        "  key condition: forum = :v0 AND number BETWEEN :v1 AND :v2\n"
        "  projection: 'the text', place.'a.b', forum, number\n"
        "  limit 2, descending, consistent\n"
        "  capacity: 1 to 200 read units\n"
        "    1 to 200 read: 2 items of up to 400 KB, before the filter, a unit for 4 KB of a consistent read "
        '("DynamoDB read and write operations", "Paginating table query results in DynamoDB")\n'
        "  warning: consistent read: it costs twice as much as other reads. Leave consistent out where slightly stale data "
        "does no harm."
    )
    assert repr(explanation) == "<Explanation: Query on table 'replies'; 1 to 200 read units; 1 warning>"
    assert recorder.sent == []


def test_the_texts_of_writes(recorder: RecordingBackend) -> None:
    (update,) = dynamorm.explain(Reply.update_item, **KEY, text="x", conditions={"views__gt": 1})
    assert (update.condition, update.update) == ("views > :v1", "SET 'the text' = :v0")
    (put,) = dynamorm.explain(Reply.put_unique, KEY)
    assert put.condition == "attribute_not_exists(forum)"
    assert put.request["Item"] == {"forum": {"S": "s3cr3t"}, "number": {"N": "1"}}


def test_a_parallel_scan_is_explained_by_the_segments_that_are_read_first(recorder: RecordingBackend) -> None:
    recorder.max_concurrency = 10
    explanation = Reply.scan().parallel(4).explain()
    assert [each.request["Segment"] for each in explanation] == [0, 1, 2, 3]
    assert explanation.capacity.read == Units(2, None)
    assert str(explanation).startswith(
        "Scan on table 'replies', segment 0 of 4\n  and 3 more like it\n  capacity: 2 or more read units"
    )
    assert len(Reply.scan().parallel(1000).explain()) < 1000
    assert Reply.scan().parallel(1000).explain().capacity.read.most is None
    assert Reply.scan().parallel(1000).limit(3).explain().capacity.read == Units(1.5, None)


def test_where_a_read_starts_is_part_of_it(recorded: RecordingBackend) -> None:
    Reply.put_batch(*({"forum": "a", "number": number} for number in range(3)))
    read = Reply.query(forum="a").limit(1)
    list(read)
    (operation,) = Reply.query(forum="a").after(read.cursor).explain()
    assert operation.request["ExclusiveStartKey"] == {"forum": {"S": "a"}, "number": {"N": "0"}}
    assert "from a start key on" in str(operation)


# Nothing is sent, and nothing changes


def test_no_signals_are_sent(recorded: RecordingBackend, heard: list[str]) -> None:
    reply = Reply.get(**KEY)
    assert reply is not None
    for verb in (reply.save, reply.delete):
        dynamorm.explain(verb)
    dynamorm.explain(reply.update, views=1)
    dynamorm.explain(in_a_batch, reply)
    dynamorm.explain(in_a_transaction, reply)
    assert heard == []
    reply.save()
    reply.update(views=1)
    reply.delete()
    assert heard == ["pre_save", "post_save", "pre_update", "post_update", "pre_delete", "post_delete"]


def stamp(sender: object, instance: Reply, **_: object) -> None:
    instance.day = "today"


@pytest.mark.parametrize(
    "explained",
    [
        lambda: dynamorm.explain(Reply(**KEY).save),
        lambda: dynamorm.explain(lambda: Reply(**KEY).save()),
        lambda: dynamorm.explain(in_a_batch, Reply(**KEY)),
    ],
)
def test_receivers_that_were_not_called_are_named(
    explained: Callable[[], Explanation], recorded: RecordingBackend
) -> None:
    name = f"pre_save: {stamp.__module__}.{stamp.__qualname__}"
    with signals.pre_save.connected_to(stamp, sender=Reply):
        explanation = explained()
    assert explanation.receivers == (name,)
    assert str(explanation).endswith(f"\n  not called: {name}")
    assert "today" not in str(explanation.request)
    assert recorded.sent == []


def test_what_is_refused_for_want_of_a_receiver_says_so(recorded: RecordingBackend) -> None:
    def number(sender: object, instance: Reply, **_: object) -> None:
        instance.number = 1

    reply = Reply(partial=True, forum="a")
    with signals.pre_save.connected_to(number, sender=Reply):
        with pytest.raises(ValidationError) as caught:
            dynamorm.explain(reply.save)
        assert any("not called: pre_save:" in note and "number" in note for note in caught.value.__notes__)
        reply.save()


def test_a_receiver_that_reads_is_not_what_is_explained(recorded: RecordingBackend) -> None:
    def look(sender: object, instance: Reply, **_: object) -> None:
        User.get(name="s3cr3t")

    with signals.pre_save.connected_to(look, sender=Reply):
        (put,) = dynamorm.explain(Reply(**KEY).save)
    assert put.action == "PutItem"
    assert recorded.sent == []


def test_a_verb_that_a_model_overrides_is_called(recorder: RecordingBackend) -> None:
    class Stamped(Reply):
        def save(self, *arguments: Any, **keywords: Any) -> None:
            self.day = "today"
            super().save(*arguments, **keywords)

    (put,) = dynamorm.explain(Stamped(**KEY).save)
    assert put.request["Item"]["day"] == {"S": "today"}
    assert recorder.sent == []


def test_an_instance_stays_as_it_is(recorded: RecordingBackend) -> None:
    reply = Reply.get(**KEY)
    assert reply is not None
    reply.views = 7
    for _ in range(2):
        assert dynamorm.explain(reply.save, partial=True)[0].update == "SET views = :v0"
    new = Reply(forum="b", number=2)
    dynamorm.explain(new.save)
    dynamorm.explain(in_a_batch, new)
    assert dynamorm.explain(new.save, partial=True)[0].action == "UpdateItem"
    recorded.sent.clear()
    reply.save(partial=True)
    assert len(recorded.sent) == 1


def test_a_read_is_not_used_up(recorded: RecordingBackend) -> None:
    read = Reply.query(forum="s3cr3t")
    assert read.explain()[0].operation == dynamorm.explain(list, read)[0].operation
    assert len(list(read)) == 1
    assert read.last is None


@pytest.mark.usefixtures("recorded")
def test_what_the_verb_refuses_is_refused() -> None:
    with pytest.raises(ValidationError):
        dynamorm.explain(Reply.put, {"forum": "a", "number": "many"})
    with pytest.raises(MissingKey):
        dynamorm.explain(Reply.get, forum="a")
    with pytest.raises(InvalidKey):
        dynamorm.explain(Reply.put_batch, KEY, KEY)
    assert Reply.get(**KEY) is not None


def test_explain_takes_a_verb(recorder: RecordingBackend) -> None:
    what: Any = Reply.scan()
    with pytest.raises(
        DynaModelException, match=r"explain takes a verb and its arguments, .*given ScanIterator\. A query or a scan"
    ):
        dynamorm.explain(what)
    assert recorder.sent == []


# What it costs


def test_a_write_costs_its_size_and_may_cost_more(recorder: RecordingBackend) -> None:
    explanation = dynamorm.explain(Reply.put, {**KEY, "text": "x" * 3000, "user": "ann"})
    by_reason = {charge.reason.partition(",")[0]: charge.units for charge in explanation.capacity.charges}
    assert by_reason == {
        "the larger of the item and the one that it replaces": Units(3, 400),
        "the index 'by-day'": Units(0, 400),
        "the index 'by-kind'": Units(0, 400),
        "the index 'by-user'": Units(0, 401),
    }
    assert explanation.capacity.write == Units(3, 1601)
    assert explanation.capacity.read == Units(0, 0)
    assert str(explanation.capacity) == "3 to 1601 write units"


@pytest.mark.parametrize(
    ("changes", "indexes"),
    [
        ({"views": 1}, {"by-kind": 400}),
        ({"user": "x"}, {"by-user": 800, "by-kind": 400}),
        ({"day": "x"}, {"by-day": 800, "by-kind": 400}),
        ({"kind": "x"}, {"by-kind": 800}),
    ],
)
def test_an_update_costs_in_the_indexes_that_hold_what_it_changes(
    changes: Any, indexes: dict[str, int], recorder: RecordingBackend
) -> None:
    charges = dynamorm.explain(Reply.update_item, **KEY, **changes).capacity.charges[1:]
    assert {charge.reason.split("'")[1]: charge.units.most for charge in charges} == indexes
    assert {charge.units.least for charge in charges} == {0}


def test_reads_cost_by_size_and_consistency(recorder: RecordingBackend) -> None:
    assert dynamorm.explain(Reply.get, **KEY).capacity.read == Units(0.5, 50)
    assert dynamorm.explain(Reply.get, consistent=True, **KEY).capacity.read == Units(1, 100)
    assert Reply.query(forum="a").limit(1).explain().capacity.read == Units(0.5, 50)
    assert Reply.query(forum="a").limit(2).explain().capacity.read == Units(0.5, 100)
    assert Reply.query(forum="a").limit(50).explain().capacity.read == Units(0.5, 2500)
    assert Reply.query(forum="a").explain().capacity.read == Units(0.5, None)
    assert Reply.query(forum="a").page_size(2).explain().capacity.read == Units(0.5, None)
    assert str(Reply.query(forum="a").explain().capacity) == "0.5 or more read units"
    assert Reply.query(forum="a", query_kwargs={"Limit": 50}).explain().capacity.read == Units(0.5, 128)
    keys = [{"forum": "a", "number": number} for number in range(10)]
    assert dynamorm.explain(Reply.get_batch, keys).capacity.read == Units(5, 500)
    assert dynamorm.explain(dynamorm.transact_get, (Reply, KEY)).capacity.read == Units(2, 200)


def test_a_transaction_costs_twice(recorder: RecordingBackend) -> None:
    capacity = dynamorm.explain(in_a_transaction, Reply(**KEY)).capacity
    assert capacity.read == Units(2, 200)
    assert capacity.write == Units(2, 1600)
    assert str(capacity) == "2 to 200 read units and 2 to 1600 write units"


def test_what_a_local_index_does_not_hold_is_fetched_from_the_table(recorder: RecordingBackend) -> None:
    def fetched(read: Any) -> list[Any]:
        return [charge for charge in read.explain().capacity.charges if "fetched from the table" in charge.reason]

    assert fetched(Reply.ByDay.query(forum="a")) == []
    assert fetched(Reply.ByDay.query(forum="a").specific_attributes(["number", "day"])) == []
    # DynamoDB refuses such a filter in a query of the index.
    (charge,) = fetched(Reply.ByDay.scan(views=1))
    assert charge.units == Units(0, None)
    (charge,) = fetched(Reply.ByDay.query(forum="a").specific_attributes(["text"]).limit(3))
    assert charge.units == Units(0, 150)
    assert "for 'the text', which the index does not hold" in charge.reason


@pytest.mark.usefixtures("connected")
def test_what_a_read_has_cost_is_within_its_estimate() -> None:
    table_of(Reply).create_table()
    Reply.put_batch(*({"forum": "a", "number": number, "text": "x" * 5000} for number in range(20)))
    for read in (Reply.query(forum="a"), Reply.query(forum="a").consistent(), Reply.scan().limit(3)):
        units = read.explain()[0].capacity.read
        for page in read.pages():
            for consumed in page.consumed_capacity:
                assert units.most is not None
                assert units.least <= consumed.total <= units.most


@pytest.mark.parametrize(
    ("read", "extent"),
    [
        (lambda: Reply.scan(views=1), "the whole table"),
        (lambda: Reply.scan(views=1).parallel(2), "the whole table"),
        (lambda: Reply.ByKind.scan(views=1), "the whole index"),
        (lambda: Reply.query(forum="a", views=1), "all items that meet the key condition"),
    ],
)
def test_a_limit_after_a_filter_may_read_everything(read: Any, extent: str, recorder: RecordingBackend) -> None:
    explanation = read().limit(3).explain()
    assert explanation.capacity.read.most is None
    assert f"further pages until 3 items are found, up to {extent}, 128 units each" in str(explanation)
    if extent != "all items that meet the key condition":
        assert "it reads up to all of" in told(explanation, "full scan")


# What to beware of


def test_a_full_scan_is_told_with_a_query_that_could_take_its_place(recorder: RecordingBackend) -> None:
    old = Reply.scan(scan_kwargs={"Limit": 10}).explain()
    assert told(old, "full scan").startswith("it reads a page of table 'replies', up to 1 MB")
    assert told(Reply.scan().explain(), "full scan") == (
        "it reads all of table 'replies', and every item that is read costs capacity. A query, of the table or an index whose hash key is known, "
        "reads less."
    )
    assert "all of index 'by-user' of table 'replies'" in told(Reply.ByUser.scan().explain(), "full scan")
    assert told(Reply.scan(kind="x").explain(), "full scan").endswith(
        "The index 'by-kind' can be queried by 'kind' instead."
    )
    assert told(Reply.scan(user="x", number__gt=3).explain(), "full scan").endswith(
        "The index 'by-user' can be queried by 'user' and 'number' instead, but does not hold all attributes."
    )
    assert told(Reply.scan(forum="x").explain(), "full scan").endswith(
        "The table itself can be queried by 'forum' instead."
    )
    assert kinds(Reply.scan(kind="x").consistent().explain()) == ["full scan", "filter", "consistent read"]
    assert "by-kind" not in str(Reply.scan(kind="x").consistent().explain())
    assert kinds(Reply.scan().limit(3).explain()) == []
    for unfit in ({"kind__ne": "x"}, {"kind__gt": "x"}, {"place__kind": "x"}, {"views": 1}):
        assert "A query, of the table" in told(Reply.scan(**unfit).explain(), "full scan")
    assert "A query, of the table" in told(Reply.scan(Q(kind="x") | Q(views=1)).explain(), "full scan")


def test_a_filter_is_told_with_an_index_that_narrows_more(recorder: RecordingBackend) -> None:
    paid = "it is applied after the items were read: those that it drops cost capacity too."
    assert told(Reply.query(forum="a", views=1).explain(), "filter") == paid
    assert told(Reply.query(forum="a", day__begins_with="d").explain(), "filter") == (
        f"{paid} The index 'by-day' can be queried by 'forum' and 'day' instead, but does not hold all attributes."
    )
    assert told(Reply.query(forum="a", kind="x").explain(), "filter").endswith(
        "The index 'by-kind' can be queried by 'kind' instead."
    )
    assert told(Reply.ByKind.query(kind="x", forum="a").explain(), "filter").endswith(
        "The table itself can be queried by 'forum' instead."
    )
    assert kinds(Reply.query(forum="a").explain()) == []


def test_calls_of_a_large_batch_are_told(recorder: RecordingBackend) -> None:
    items = [{"forum": "a", "number": number} for number in range(60)]
    explanation = dynamorm.explain(Reply.put_batch, *items)
    assert told(explanation, "several calls").startswith("it takes 3 calls of up to 25 writes")
    assert explanation.capacity.write.least == 60
    assert "60 times 1 to 400 write" in str(explanation)
    assert "it takes 2 calls of up to 100 keys" in str(
        dynamorm.explain(
            Reply.get_batch, items + [{**KEY}] * 2 + [{"forum": "b", "number": number} for number in range(50)]
        )
    )
    assert kinds(dynamorm.explain(Reply.put_batch, *items[:25])) == []


# Explanations of operations


def test_operations_can_be_explained_without_any_table() -> None:
    explanation = explanation_of([Scan("books", index="by-author")], [])
    assert explanation.capacity.read == Units(0.5, 128)
    assert explanation[:1] == explanation.operations


def test_an_operation_that_dynamodb_has_no_request_for_is_refused() -> None:
    class Unknown(Scan):
        pass

    with pytest.raises(Unsupported, match="no request for the operation Unknown"):
        explanation_of([Unknown("books")], [])


def test_a_table_need_not_be_there_nor_a_backend_be_reached() -> None:
    with dynamorm.using("boto3://eu-west-1", endpoint_url="http://127.0.0.1:1"):
        assert dynamorm.explain(Reply.get, **KEY)[0].action == "GetItem"
        assert Reply.scan().explain()[0].action == "Scan"
    gc.collect()


def test_a_spec_is_all_that_is_needed_to_name_an_index(connected: Backend) -> None:
    spec: TableSpec = table_of(Reply).spec
    operation = Reply.scan(kind="x").explain()[0].operation
    assert "by-kind" in str(explanation_of([operation], [spec]))


def test_a_batch_is_explained_before_it_is_sent(recorded: RecordingBackend) -> None:
    with dynamorm.batch() as batch:
        assert str(batch.explain()) == "Nothing would be sent."
        for number in range(30):
            batch.put(Reply, {"forum": "b", "number": number, "text": "s3cr3t"})
        batch.delete(Reply, **KEY)
        explanation = batch.explain()
        assert recorded.sent == []
    assert [each.action for each in explanation] == ["BatchWriteItem"] * 2
    assert [each.operation for each in explanation] == recorded.sent
    assert [warning.kind for warning in explanation.warnings] == ["several calls"]
    assert "s3cr3t" not in str(explanation)


def test_a_transaction_is_explained_before_it_is_sent(recorded: RecordingBackend) -> None:
    with dynamorm.transaction() as tx:
        tx.put(User, {"name": "ann"}, unique=True)
        tx.update(Reply, **KEY, text="s3cr3t", conditions={"user": "s3cr3t"})
        explanation = tx.explain()
        assert recorded.sent == []
    assert [each.operation for each in explanation] == recorded.sent
    assert explanation.capacity.write.least == 4
    assert "s3cr3t" not in str(explanation)
    with pytest.raises(InvalidKey, match="about one item"), dynamorm.transaction() as twice:  # noqa: PT012
        twice.delete(User, name="ann")
        twice.delete(User, name="ann")
        twice.explain()
