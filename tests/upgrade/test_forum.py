"""The forum application of 0.11's guide runs, with models of each schema library, on every backend."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

from dynamorm import using
from dynamorm.ports.backends import Backend
from tests.upgrade.program import defining, listening, reading, relating, tables, updating, writing
from tests.upgrade.program.__main__ import run

HERE = Path(__file__).parent
MARSHMALLOW = int(version("marshmallow").split(".")[0])

#: Every name that DynamORM 0.11's users know, and the new ones of the same kind, by their role in a program.
NAMES = """
imported   DynaModel GlobalIndex LocalIndex ProjectAll ProjectKeys ProjectInclude Q OneToOne OneToMany ManyToOne
imported   model_prepared pre_init post_init pre_save post_save pre_update post_update pre_delete post_delete
imported   DynamoException DynaModelException ValidationError DynamoTableException MissingTableAttribute
imported   InvalidSchemaField InvalidKey HashKeyExists ConditionFailed TableNotActive
settings   name hash_key range_key read write stream session_kwargs resource_kwargs projection
attributes Table Schema put put_unique put_batch get get_batch update_item query scan new_from_raw
attributes save update delete validate to_dict errors raw schema_name item
attributes limit start last again reverse consistent specific_attributes recursive count partial
attributes create_table update_table delete_item exists indexes attribute_definitions filter
keywords   partial unique return_all conditions native consistent attrs wait query_kwargs scan_kwargs
keywords   query index back_query back_index back_reference auto_create
operators  eq ne lt lte gt gte between in begins_with contains exists not_exists type size is_in attribute_type
operators  append prepend plus minus if_not_exists remove add delete
received   instance partial raw put_kwargs conditions update_item_kwargs updates
"""


@pytest.fixture(
    params=[
        pytest.param(f"marshmallow_{MARSHMALLOW}", marks=pytest.mark.filterwarnings("ignore:The 'missing' arg")),
        "schematics_2",
        "pydantic_2",
    ]
)
def forum(request: pytest.FixtureRequest) -> ModuleType:
    """The models, made with each schema library in turn; Marshmallow's as its installed version has them."""
    return import_module(f"tests.upgrade.forum.{request.param}")


@pytest.fixture
def _connected(backend: Backend) -> Iterator[None]:
    with using(backend):
        yield


@pytest.mark.usefixtures("_connected")
def test_program_for_0_11_runs(forum: ModuleType) -> None:
    run(forum)


class Used(ast.NodeVisitor):
    """The names that a program uses, by the role that they have in it."""

    def __init__(self) -> None:
        self.imported: set[str] = set()
        self._known: set[str] = set()
        self.settings: set[str] = set()
        self.attributes: set[str] = set()
        self.keywords: set[str] = set()
        self.operators: set[str] = set()
        self.received: set[str] = set()

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if (node.module or "").startswith("dynamorm"):
            self._known.update(alias.name for alias in node.names)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in self._known:
            self.imported.add(node.id)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in node.body:
            if isinstance(statement, ast.Assign):
                self.settings.update(target.id for target in statement.targets if isinstance(target, ast.Name))
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.attributes.add(node.attr)
        self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        self._lookup(node.arg or "")
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key in node.keys:
            if isinstance(key, ast.Constant):
                self._lookup(str(key.value))
        self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> None:
        self.received.add(node.arg)

    def _lookup(self, keyword: str) -> None:
        self.keywords.add(keyword)
        self.operators.update(keyword.split("__")[1:])


def test_program_uses_every_name() -> None:
    used = Used()
    for path in [*(HERE / "program").glob("*.py"), HERE / "forum" / f"marshmallow_{MARSHMALLOW}.py"]:
        used.visit(ast.parse(path.read_text()))
    for line in NAMES.strip().splitlines():
        role, *names = line.split()
        assert set(names) - getattr(used, role) == set()


def test_program_leaves_no_step_out() -> None:
    steps = {
        f"{chapter.__name__.rpartition('.')[2]}.{name}("
        for chapter in (defining, listening, reading, relating, tables, updating, writing)
        for name, value in vars(chapter).items()
        if inspect.isfunction(value) and list(inspect.signature(value).parameters) in ([], ["forum"])
    }
    program = inspect.getsource(run)
    assert {step for step in steps if step not in program} == set()
