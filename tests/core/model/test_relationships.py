"""Relationships: read, assigned, saved and deleted, each instance with its own related instances."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from typing import Any

import pytest

from dynamorm import DynaModel, ManyToOne, OneToOne, Q
from dynamorm.data import BatchGet, GetItem, Query
from dynamorm.exceptions import DynaModelException, NoRelatedInstance, ValidationError, WrongModel
from dynamorm.ports.backends import Backend
from dynamorm.signals import post_save, post_update, pre_save, pre_update
from dynamorm.testing.schemas import fields
from tests.core.model.forum import Forum, Reply, Settings, Thread, User, create_tables, fill
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


@pytest.fixture
def forum(connected: Backend) -> Backend:
    """Each backend in turn, in force, with a forum in it."""
    create_tables()
    fill()
    return connected


@pytest.fixture
def sent(recorder: RecordingBackend) -> list[Any]:
    """The operations that were sent after the forum was made."""
    create_tables()
    fill()
    recorder.sent.clear()
    return recorder.sent


def thread(subject: str = "keys") -> Thread:
    found = Thread.get(forum_name="db", subject=subject)
    assert found is not None
    return found


def settings_of(owner: User) -> Settings:
    assert owner.settings is not None
    return owner.settings


def user(name: str = "ann") -> User:
    found = User.get(name=name)
    assert found is not None
    return found


# Reading


def test_the_many_side(forum: Backend) -> None:
    assert [reply.created for reply in thread().replies] == ["0", "1", "2"]
    assert len(thread().replies) == thread().replies.count() == 3
    assert [reply.message for reply in user("bob").replies] == ["m0", "m2", "m4"]
    assert thread().replies
    assert not Thread(forum_name="db", subject="empty").replies
    assert sorted(found.subject for found in Forum(name="db").threads) == ["keys", "locks"]


def test_the_many_side_is_filtered_limited_and_reversed(forum: Backend) -> None:
    replies = thread().replies
    assert [reply.created for reply in replies.filter(created__gt="0")] == ["1", "2"]
    assert [reply.created for reply in replies.filter(user_name="bob").filter(created__gte="1")] == ["2"]
    assert replies.filter(user_name="ann").count() == len(replies.filter(user_name="ann")) == 1
    assert [reply.created for reply in replies.filter(created="1").filter(created="2")] == ["2"]
    assert [reply.created for reply in replies.filter(Q(message="m0") | Q(message="m2")).filter(created__gt="0")] == [
        "2"
    ]
    assert [reply.created for reply in replies.reverse().limit(2)] == ["2", "1"]
    assert [reply.created for reply in replies.limit(2)] == ["0", "1"]
    (first,) = replies.specific_attributes(["created"]).limit(1)
    assert (first.created, first.user_name) == ("0", None)
    assert [reply.created for reply in replies.consistent()] == ["0", "1", "2"]


def test_a_query_set_is_read_anew_each_time(forum: Backend) -> None:
    replies = thread().replies
    assert [len(list(replies)), len(replies)] == [3, 3]
    Reply(forum_thread="db\nkeys", created="9", user_name="ann").save()
    assert [len(list(replies)), len(replies)] == [4, 4]
    one, other = iter(replies), iter(replies)
    assert [next(one).created, next(one).created, next(other).created] == ["0", "1", "0"]


def test_the_one_side(forum: Backend) -> None:
    found = thread().user
    assert isinstance(found, User)
    assert (found.name, found.city) == ("ann", "Oslo")
    (reply,) = thread().replies.limit(1)
    assert reply.user is not None
    assert reply.user.name == "bob"
    assert reply.thread.subject == "keys"
    assert reply.thread.forum.name == "db"


def test_nothing_is_sent_before_it_is_asked_for_and_the_one_side_only_once(sent: list[Any]) -> None:
    found = thread()
    replies = found.replies
    assert len(sent) == 1
    assert found.user is found.user
    assert list(map(type, sent)) == [GetItem, GetItem]
    assert len(list(replies)) == 3
    assert list(map(type, sent)) == [GetItem, GetItem, Query]


def test_each_instance_has_its_own_related_instance(forum: Backend) -> None:
    keys, locks = thread("keys"), thread("locks")
    assert keys.user is not None
    assert locks.user is not None
    assert (keys.user.name, locks.user.name) == ("ann", "bob")
    again = thread("keys")
    assert again.user is not keys.user
    keys.user.city = "Rome"
    assert again.user is not None
    assert again.user.city == "Oslo"


def test_another_reference_leads_to_another_instance(forum: Backend) -> None:
    found = thread()
    assert found.user is not None
    assert found.user.name == "ann"
    found.user_name = "bob"
    assert found.user is not None
    assert found.user.name == "bob"
    found.user_name = None
    assert found.user is None


def test_back_references_are_named_after_the_model(forum: Backend) -> None:
    assert [found.subject for found in user().threads] == ["keys"]
    assert settings_of(user()).user.name == "ann"
    assert sorted(Reply._mapper.relationships) == ["thread", "user"]


def test_an_instance_with_a_related_one_can_be_pickled(forum: Backend) -> None:
    found = thread()
    assert found.user is not None
    loaded = pickle.loads(pickle.dumps(found))
    assert (loaded.subject, loaded.user.city) == ("keys", "Oslo")


def test_a_copy_has_related_instances_of_its_own(forum: Backend) -> None:
    found = thread()
    assert found.user is not None
    twin = copy.copy(found)
    assert twin.user is found.user
    twin.user_name = "bob"
    assert (twin.user.name, found.user.name) == ("bob", "ann")


def test_the_class_gives_the_relationship(forum: Backend) -> None:
    assert repr(Thread.replies) == "<OneToMany Thread.replies: Reply>"
    assert repr(User.settings) == "<OneToOne User.settings: Settings>"
    assert Thread.user.other is User


# An instance that is not there


def test_one_that_is_not_there_is_made_and_saved_once_something_is_set(forum: Backend) -> None:
    found = user()
    assert (settings_of(found).user_name, settings_of(found).theme) == ("ann", None)
    found.save()
    assert Settings.get(user_name="ann") is None
    settings_of(found).theme = "dark"
    found.save()
    stored = Settings.get(user_name="ann")
    assert stored is not None
    assert stored.theme == "dark"


def test_one_that_is_not_there_is_none_without_auto_create(connected: Backend) -> None:
    class Person(DynaModel):
        class Table:
            name = "users"
            hash_key = "name"

        class Schema:
            name = fields.text(required=True)

        settings = OneToOne(Settings, query=lambda person: {"user_name": person.name}, auto_create=False)

    create_tables()
    person = Person(name="ann")
    assert person.settings is None
    Settings(user_name="ann").save()
    assert person.settings is not None


# Assigning and constructing


def test_instances_are_made_with_related_ones(forum: Backend) -> None:
    found, carl = thread(), User(name="carl")
    reply = Reply(thread=found, user=carl, created="7", message="hello")
    assert (reply.forum_thread, reply.user_name) == ("db\nkeys", "carl")
    assert reply.thread is found
    assert reply.user is carl
    reply.save()
    assert [reply.created for reply in found.replies] == ["0", "1", "2", "7"]
    assert Thread(forum_name="db", subject="x", user=None).user_name is None


def test_a_key_that_is_given_beside_a_related_instance_stays_what_it_is(forum: Backend) -> None:
    cid = User(name="cid", settings=Settings(user_name="dan", theme="dark"))
    assert (cid.name, settings_of(cid).user_name) == ("cid", "cid")
    with pytest.raises(DynaModelException, match=r"Reply\.thread can't be assigned: .* looks for another 'subject'"):
        Reply(forum_thread="db\nlocks", created="9", user_name="ann", thread=thread("keys"))
    reply = Reply(forum_thread="db\nkeys", created="9", user_name="ann", thread=thread("keys"))
    assert reply.forum_thread == "db\nkeys"


def test_assigning_the_one_side_sets_what_refers_to_it(forum: Backend) -> None:
    found = thread()
    bob = user("bob")
    found.user = bob
    assert (found.user_name, bob.name) == ("bob", "bob")
    assert found.user is bob
    found.save()
    assert thread().user_name == "bob"


def test_assigning_gives_a_new_instance_its_key(forum: Backend) -> None:
    ann = user()
    ann.settings = Settings(partial=True, theme="dark")
    assert settings_of(ann).user_name == "ann"
    ann.save()
    stored = Settings.get(user_name="ann")
    assert stored is not None
    assert stored.theme == "dark"


def test_a_new_instance_has_its_key_before_the_back_query_is_asked(connected: Backend) -> None:
    class Details(DynaModel):
        class Table:
            name = "details"
            hash_key = "thing_version"

        class Schema:
            thing_version = fields.text(required=True)
            text = fields.text()

    class Thing(DynaModel):
        class Table:
            name = "things"
            hash_key = "thing"
            range_key = "version"

        class Schema:
            thing = fields.text(required=True)
            version = fields.integer(required=True)

        details: Any = OneToOne(
            Details,
            query=lambda thing: {"thing_version": f"{thing.thing}:{thing.version + 0}"},
            back_query=lambda details: {"thing": details.thing_version.split(":")[0]},
        )

    for model in (Details, Thing):
        table_of(model).create_table()
    for name in ("assigned", "constructed"):
        given = Details(partial=True, text=name)
        if name == "assigned":
            thing = Thing(thing=name, version=1)
            thing.details = given
        else:
            thing = Thing(thing=name, version=Decimal(1), details=given)
        assert given.thing_version == f"{name}:1"
        thing.save()
        found = Thing.get(thing=name, version=1)
        assert found is not None
        assert found.details.text == name
        del found.details
        found.details = Details(partial=True, text="again")
        found.save(partial=True)
        stored = Details.get(thing_version=f"{name}:1")
        assert stored is not None
        assert stored.text == "again"


def test_the_many_side_s_new_one_has_its_key_before_the_back_query_is_asked(forum: Backend) -> None:
    reply = Reply(forum_thread="db\nnew", created="1", user_name="dan")
    new: Any = Thread(partial=True, user_name="ann")
    reply.thread = new
    assert (new.forum_name, new.subject) == ("db", "new")
    other: Any = Thread(partial=True, user_name="ann")
    assert Reply(forum_thread="db\nother", created="1", user_name="dan", thread=other).thread is other
    assert (other.forum_name, other.subject) == ("db", "other")
    reply.user = User(partial=True, city="Rome")
    assert (reply.user.name, reply.user_name) == ("dan", "dan")


def test_an_assignment_that_fails_leaves_both_as_they_were(forum: Backend) -> None:
    reply = next(iter(thread("keys").replies))
    other: Any = Thread(partial=True, subject="locks")
    with pytest.raises(DynaModelException, match=r"Reply\.thread can't be assigned"):
        reply.thread = other
    assert (other.forum_name, other.subject, reply.forum_thread) == (None, "locks", "db\nkeys")
    assert reply.thread.subject == "keys"


def test_a_key_that_is_set_later_reaches_the_new_instance(forum: Backend) -> None:
    eve = User()
    eve.settings = Settings(partial=True, theme="light")
    eve.name = "eve"
    eve.save()
    stored = Settings.get(user_name="eve")
    assert stored is not None
    assert stored.theme == "light"


@pytest.mark.parametrize("wrong", [None, "ann", User, Settings(user_name="ann"), {"name": "ann"}])
def test_assigning_the_wrong_model_is_refused(sent: list[Any], wrong: Any) -> None:
    found = thread()
    with pytest.raises(WrongModel, match=r"^Thread\.user takes an instance of User, not ") as raised:
        found.user = wrong
    assert isinstance(raised.value, DynaModelException)
    assert isinstance(raised.value, TypeError)
    assert found.user_name == "ann"
    if wrong is not None:
        with pytest.raises(DynaModelException, match=r"Thread\.user takes an instance of User"):
            Thread(forum_name="db", subject="x", user=wrong)


def test_assigning_what_is_stored_under_another_key_is_refused(forum: Backend) -> None:
    Settings(user_name="bob", theme="dark").save()
    stored, ann = settings_of(user("bob")), user()
    with pytest.raises(
        DynaModelException, match=r"User\.settings can't be assigned: its query looks for another 'user_name'"
    ):
        ann.settings = stored
    assert stored.user_name == "bob"
    reply = next(iter(thread().replies))
    with pytest.raises(DynaModelException, match=r"Reply\.thread can't be assigned"):
        reply.thread = thread("locks")
    assert (reply.forum_thread, reply.thread.subject) == ("db\nkeys", "keys")


def test_the_many_side_is_not_assigned_nor_deleted(forum: Backend) -> None:
    found = thread()
    with pytest.raises(
        DynaModelException, match=r"Thread\.replies is the many side .* can't be assigned to\. Save each Reply"
    ):
        found.replies = []
    with pytest.raises(DynaModelException, match=r"Thread\.replies is the many side .* Delete each Reply"):
        del found.replies
    with pytest.raises(
        DynaModelException, match=r"Thread\.replies is the many side .*, and can't be given as a value of an instance"
    ):
        Thread(forum_name="db", subject="x", replies=[])
    assert len(found.replies) == 3


# Saving and deleting with the owner


def test_saving_saves_a_related_instance_that_changed(forum: Backend) -> None:
    found = thread()
    assert found.user is not None
    found.user.city = "Rome"
    found.save()
    assert user().city == "Rome"
    found.user.city = "Bergen"
    found.update(user_name="ann")
    assert user().city == "Bergen"
    found.user.city = "Paris"
    found.save(partial=True)
    assert user().city == "Paris"


def test_saving_leaves_a_related_instance_that_did_not_change(sent: list[Any]) -> None:
    found = thread()
    assert found.user is not None
    User(name="ann", city="elsewhere").save()
    sent.clear()
    found.save()
    found.update(user_name="ann")
    assert len(sent) == 2
    assert user().city == "elsewhere"


def test_a_related_instance_is_validated_before_anything_is_sent(forum: Backend) -> None:
    found = thread()
    assert found.user is not None
    found.user.city = "x" * 11
    found.user_name = "ann"
    with pytest.raises(ValidationError, match="city"):
        found.save()
    with pytest.raises(ValidationError, match="city"):
        found.save(partial=True)
    with pytest.raises(ValidationError, match="city"):
        found.update(user_name="ann")
    ann = user()
    ann.city = "Rome"
    ann.settings = Settings(partial=True)
    settings_of(ann).theme = "purple"
    with pytest.raises(ValidationError, match="theme"):
        ann.save()
    assert user().city == "Oslo"


def test_a_default_that_was_filled_in_does_not_save_a_related_instance(recorder: RecordingBackend) -> None:
    class Author(DynaModel):
        class Table:
            name = "authors"
            hash_key = "name"

        class Schema:
            name = fields.text(required=True)
            city = fields.text(default=lambda: "Oslo")

    class Book(DynaModel):
        class Table:
            name = "books"
            hash_key = "isbn"

        class Schema:
            isbn = fields.text(required=True)
            author_name = fields.text()

        author: Any = ManyToOne(Author, query=lambda book: {"name": book.author_name})

        maker: Any = ManyToOne(Author, query=lambda book: {"name": book.author_name}, auto_create=True)

    for model in (Author, Book):
        table_of(model).create_table()
    new = Book(isbn="1", author_name="ann")
    assert new.author is None
    assert new.maker.name == "ann"
    table_of(Author).put({"name": "ann"})
    book = Book(isbn="1", author_name="ann")
    assert book.author.city == "Oslo"
    book.save()
    assert table_of(Author).get(name="ann") == {"name": "ann"}
    book.author.city = "Rome"
    book.save()
    assert table_of(Author).get(name="ann") == {"name": "ann", "city": "Rome"}


def test_a_back_reference_does_not_save(forum: Backend) -> None:
    reply = next(iter(thread().replies))
    assert reply.user is not None
    reply.user.city = "Rome"
    reply.save()
    assert user("bob").city is None


def test_signals_of_both_are_sent(forum: Backend) -> None:
    events: list[str] = []
    receivers: list[Any] = []
    signals = {"pre_save": pre_save, "post_save": post_save, "pre_update": pre_update, "post_update": post_update}
    for name, signal in signals.items():

        def receive(sender: type[DynaModel], name: str = name, **arguments: Any) -> None:
            events.append(f"{name} {sender.__name__}")

        receivers.append(signal.connect(receive))
    found = thread()
    assert found.user is not None
    found.user.city = "Rome"
    found.save()
    assert events == ["pre_save Thread", "post_save Thread", "pre_save User", "post_save User"]
    events.clear()
    found.user.city = "Bergen"
    found.update(user_name="ann")
    assert events == ["pre_update Thread", "post_update Thread", "pre_update User", "post_update User"]


def test_when_the_related_instance_can_not_be_saved_the_error_says_that_the_owner_was(forum: Backend) -> None:
    found = thread()
    assert found.user is not None
    found.user.city = "Rome"

    def refuse(sender: type[DynaModel], **arguments: Any) -> None:
        raise RuntimeError("no")

    with pre_save.connected_to(refuse, sender=User), pytest.raises(RuntimeError) as raised:
        found.save()
    assert raised.value.__notes__ == ["The Thread itself was saved; saving its related User failed."]


def test_deleting_a_related_instance(forum: Backend) -> None:
    Settings(user_name="ann", theme="dark").save()
    ann = user()
    del ann.settings
    assert Settings.get(user_name="ann") is None
    assert settings_of(ann).theme is None
    with pytest.raises(NoRelatedInstance, match=r"^User\.settings has no related Settings in the table") as raised:
        del ann.settings
    assert isinstance(raised.value, AttributeError)
    nobody = Thread(forum_name="db", subject="x")
    with pytest.raises(NoRelatedInstance, match=r"Thread\.user has no related User"):
        del nobody.user


# Prefetching


def test_prefetch_loads_a_page_of_related_instances_with_batch_gets(sent: list[Any]) -> None:
    replies = list(Reply.scan().prefetch("user", "thread"))
    assert [type(operation) for operation in sent if isinstance(operation, BatchGet)] == [BatchGet, BatchGet]
    assert len(sent) == 3
    for reply in replies:
        assert reply.user is not None
        assert reply.user.name == reply.user_name
        assert reply.forum_thread == f"db\n{reply.thread.subject}"
    assert len(sent) == 3
    assert len({id(reply.user) for reply in replies}) == 5


def test_prefetch_on_every_backend(forum: Backend) -> None:
    Reply(forum_thread="db\nnone", created="8", user_name="eve").save()
    for replies in (Reply.scan(), Reply.scan().limit(4), User(name="ann").replies.limit(2)):
        for reply in replies.prefetch("user"):
            if reply.user_name == "eve":
                assert reply.user is None
                continue
            assert (reply.user.name, reply.user.city) == (reply.user_name, {"ann": "Oslo"}.get(reply.user_name))
    (found,) = thread().replies.limit(1).prefetch("thread")
    assert found.thread.user.city == "Oslo"


def test_the_many_side_is_prefetched_too(sent: list[Any]) -> None:
    assert [reply.user.city for reply in thread().replies.prefetch("user", "thread")] == [None, "Oslo", None]
    assert [type(operation).__name__ for operation in sent].count("BatchGet") == 2


def test_prefetch_remembers_that_there_is_none(sent: list[Any]) -> None:
    Thread(forum_name="db", subject="x", user_name="eve").save()
    Thread(forum_name="db", subject="y").save()
    sent.clear()
    threads = {found.subject: found for found in Thread.query(forum_name="db").prefetch("user")}
    assert threads["x"].user is None
    assert threads["y"].user is None
    assert list(map(type, sent)) == [Query, BatchGet]


def test_a_key_that_leads_nowhere_leads_to_none_read_lazily_or_prefetched(forum: Backend) -> None:
    Thread(forum_name="db", subject="x", user_name="eve").save()
    Reply(forum_thread="db\nnone", created="8", user_name="eve").save()
    (lazy,) = Reply.query(forum_thread="db\nnone")
    (loaded,) = Reply.query(forum_thread="db\nnone").prefetch("user", "thread")
    for reply in (lazy, loaded):
        # A way back, and a way back to a model whose key has two parts.
        assert (reply.user, reply.thread) == (None, None)
        with pytest.raises(NoRelatedInstance, match=r"Reply\.user has no related User"):
            del reply.user
    assert thread("x").user is None
    (prefetched,) = Thread.query(forum_name="db", subject="x").prefetch("user")
    assert prefetched.user is None
    # Nothing was made by looking.
    prefetched.save()
    assert User.get(name="eve") is None
    User(name="eve", city="Rome").save()
    found = thread("x").user
    assert found is not None
    assert found.city == "Rome"


def test_a_way_back_of_one_to_one_leads_to_none_as_it_saves_nothing(forum: Backend) -> None:
    Settings(user_name="eve", theme="dark").save()
    found = Settings.get(user_name="eve")
    assert found is not None
    assert found.user is None
    (found,) = Settings.query(user_name="eve").prefetch("user")
    assert found.user is None
    # The way there makes one, read in either way.
    (ann,) = User.query(name="ann").prefetch("settings")
    assert (settings_of(ann).user_name, settings_of(user()).user_name) == ("ann", "ann")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("replies", r"The relationship Thread\.replies can't be prefetched: related instances are found by a query"),
        ("usr", r"Thread has no relationship 'usr'\. Its relationships are forum, replies, user"),
    ],
)
def test_prefetch_of_what_can_not_be_is_refused(sent: list[Any], name: str, message: str) -> None:
    with pytest.raises(DynaModelException, match=message):
        Thread.scan().prefetch(name)
    assert sent == []


@pytest.mark.parametrize("partial", [False, True])
def test_a_related_instance_that_was_deleted_is_not_made_anew_with_its_owner(partial: bool, forum: Backend) -> None:
    found = thread()
    assert found.user is not None
    found.user.city = "Bergen"
    found.user.delete()
    found.save(partial=partial)
    assert User.get(name="ann", consistent=True) is None
