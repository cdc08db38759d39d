"""Run the whole program outside of pytest: ``python -m tests.upgrade.program MODELS URL``.

``MODELS`` is a module of ``tests/upgrade/forum``, such as ``marshmallow_4``, and ``URL`` names the backend.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

from dynamorm import using
from tests.upgrade.program import defining, listening, reading, relating, tables, updating, writing


def run(forum: ModuleType) -> None:
    """Do what 0.11's guide does with the models of *forum*, on the backend that is in force."""
    defining.models_are_defined(forum)
    defining.models_inherit(forum)
    defining.models_announce_themselves(forum)
    defining.wrong_models_are_refused(forum)
    defining.exceptions_have_one_tree()

    tables.tables_are_created(forum)
    tables.tables_know_raw_items(forum)

    writing.documents_are_put(forum)
    writing.instances_are_saved(forum)
    writing.values_are_validated(forum)
    writing.instances_become_dicts(forum)

    updating.only_changes_are_saved(forum)
    updating.attributes_are_updated(forum)
    updating.attributes_are_added_to_and_taken_away(forum)
    updating.conditions_guard_updates(forum)
    updating.conditions_guard_puts_and_deletes(forum)
    updating.items_are_deleted(forum)

    reading.threads_are_written(forum)
    reading.keys_find_items(forum)
    reading.queries_find_items(forum)
    reading.scans_find_items(forum)
    reading.operators_of_1_0_find_items(forum)
    reading.indexes_find_items(forum)
    reading.pages_follow_one_another(forum)
    reading.reads_are_configured(forum)

    listening.signals_are_sent(forum)

    relating.related_instances_make_items(forum)
    relating.one_is_read(forum)
    relating.many_are_read(forum)
    relating.one_belongs_to_one(forum)
    relating.one_is_assigned_and_deleted(forum)

    tables.tables_are_brought_up_to_date(forum)
    tables.tables_are_deleted(forum)


if __name__ == "__main__":
    _, models, url = sys.argv
    with using(url):
        run(import_module(f"tests.upgrade.forum.{models}"))
