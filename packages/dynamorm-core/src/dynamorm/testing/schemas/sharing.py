"""What calls share: with the caller, with each other, between models, and between threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest

from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.kinds import CASES, KindCase
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.suite import SchemaSuite, adapted, refused, set_values, stored

#: How long one thread waits for the other one, which may have to wait itself for a lock of the adapter.
_SECONDS = 0.2


class SharingTests(SchemaSuite):
    """Test that a call depends on its arguments alone, and changes nothing but what it returns."""

    @pytest.mark.parametrize("case", CASES.values(), ids=CASES)
    def test_arguments_stay_as_they_are(self, library: SchemaLibrary, case: KindCase) -> None:
        """No call changes its arguments, neither values of a user nor an item of a table."""
        adapter = adapted(library, {"id": fields.text(), "value": case.field})
        given = {"id": "1", "value": deepcopy(case.native)}
        item = {**stored(adapter, given), "of a newer program": ["x"]}
        known = {name: value for name, value in item.items() if name in given}
        before = deepcopy(item)
        for partial in (False, True):
            adapter.validate(given, partial=partial)
            adapter.validate(known, partial=partial)
            adapter.load(item, partial=partial)
            adapter.dump(given, partial=partial)
        adapter.load_part(item)
        adapter.to_json(given)
        adapter.from_json(known)
        adapter.fields["value"].dump(given["value"], validate=True)
        adapter.fields["value"].dump(item["value"])
        assert given == {"id": "1", "value": case.native}
        assert item == before
        assert known == {name: before[name] for name in given}

    def test_what_is_given_stays_as_it_is(self, library: SchemaLibrary) -> None:
        """What is validated or loaded may be changed, without a change of what was given."""
        adapter = adapted(library, {"value": fields.list_of(fields.map_of(fields.integer()))})
        given: dict[str, Any] = {"value": [{"a": 1}]}
        values = adapter.validate(given, partial=False)
        values["value"][0]["a"] = 2
        loaded = adapter.load(given, partial=False)
        loaded["value"].append({})
        adapter.dump(values, partial=False)["value"].clear()
        assert given == {"value": [{"a": 1}]}

    def test_results_are_new(self, library: SchemaLibrary) -> None:
        """Each call returns a dictionary of its own, which a later call leaves alone."""
        adapter = adapted(library, {"id": fields.text(required=True), "tags": fields.list_of(fields.text())})
        first_given, second_given = {"id": "1", "tags": ["a"]}, {"id": "2"}
        for partial in (False, True):
            for method in (adapter.validate, adapter.load, adapter.dump):
                first = method(first_given, partial=partial)
                second = method(second_given, partial=partial)
                assert first is not first_given
                assert set_values(first) == first_given
                assert set_values(second) == second_given
        assert adapter.defaults() is not adapter.defaults()

    def test_two_models_of_one_schema(self, library: SchemaLibrary) -> None:
        """Two models may have one schema, and two schemas one name."""
        definition = library.schema({"id": fields.text(required=True), "number": fields.integer()})
        first, second = (library.provider.adapt(name, definition) for name in ("First", "Second"))
        other = adapted(library, {"other": fields.text(required=True)})
        assert first is not second, "Each model has an adapter of its own."
        for adapter in (first, second):
            assert list(adapter.fields) == ["id", "number"]
            values = adapter.validate({"id": "1", "number": 5}, partial=False)
            assert values == {"id": "1", "number": 5}
            assert stored(adapter, values) == values
        assert list(other.fields) == ["other"]

    def test_models_with_and_without_unknown_names(self, library: SchemaLibrary) -> None:
        """What one schema says about unknown names, and the values of such names, are nothing to another one."""
        described = {"id": fields.text(required=True)}
        keeping = [adapted(library, described, extra=True)]
        refusing = adapted(library, described)
        keeping.append(adapted(library, described, extra=True))
        given = {"id": "1", "more": 5}
        assert [each.keeps_unknown for each in (*keeping, refusing)] == [True, True, False]
        for partial in (False, True):
            for adapter in keeping:
                assert set_values(adapter.validate(given, partial=partial)) == given
            with refused(library, "more"):
                refusing.validate(given, partial=partial)
            for adapter in (*keeping, refusing):
                assert set_values(adapter.validate({"id": "2"}, partial=partial)) == {"id": "2"}

    def test_two_threads(self, library: SchemaLibrary) -> None:
        """Two threads may validate at the same time; the validator of each sees its own values."""
        barrier = threading.Barrier(2)

        def wait(value: object) -> None:
            with suppress(threading.BrokenBarrierError):
                barrier.wait(_SECONDS)

        adapter = adapted(library, {"id": fields.text(), "number": fields.integer(validator=wait)})
        given = [{"id": str(number), "number": number} for number in (1, 2)]
        with ThreadPoolExecutor(2) as threads:
            for partial in (False, True):
                for method in (adapter.validate, adapter.load):
                    barrier.reset()
                    found = [threads.submit(method, each, partial=partial) for each in given]
                    assert [each.result() for each in found] == given
