"""Mistakes in the bodies of typed models, and the messages that tell them when the model is defined."""

from __future__ import annotations

import re

import pytest

from dynamorm import mapped
from dynamorm.exceptions import DynaModelException
from tests.support.programs import ANNOTATIONS, Programs

TABLE = """
    class Table:
        name = "things"
        hash_key = "id"
    id: Mapped[str]
"""
#: Lines in the body of a model, and what they are told.
BODIES = {
    "x: int": "The annotation of 'x' of Thing does not declare a field. Write x: Mapped[…] for a field or x: ClassVar[…] for an",
    "x: int = 5": "Write x: Mapped[…] for a field",
    "x: Final = 5": "Write x: Mapped[…] for a field",
    "x: int = mapped(default=5)": "Write x: Mapped[…] for a field",
    "x: Mapped[int] = 5": "type checkers take for a Mapped. Write x: Mapped[…] = mapped(default=…).",
    "x: Mapped[int | None] = None": "Write x: Mapped[…] = mapped(default=…).",
    "x = mapped(default=1)": "'x = mapped(…)' of Thing has no annotation that says its type. Write x: Mapped[…] = mapped",
    "x: Mapped[int] | None": "has Mapped inside another type, or without a type. Put Mapped outside, for example x: Mapped[int | N",
    "x: list[Mapped[int]]": "Put Mapped outside",
    "x: Mapped": "or without a type. Put Mapped outside",
    "_x: Mapped[int]": "begins with an underscore, which a field can't. Write x: Mapped[…] = mapped(attribute='_x').",
    "Table: Mapped[str]": "'Table' of Thing is the inner class with the settings of the table, not a field. Choose another "
    "name for the field, such as table_: Mapped[…] = mapped(attribute='Table').",
    "Schema: Mapped[str]": "'Schema' of Thing is the inner class with the schema of an untyped model, not a field.",
    "model_config: Mapped[str] = mapped(default='')": "'model_config' of Thing is the configuration of Pydantic, not a",
    "get: Mapped[str]": "The field 'get' of Thing would hide an attribute of the class Thing. Rename the field, for "
    "example to 'get_', and map it to the attribute 'get': get_: Mapped[…] = mapped(attribute='get').",
    "partial: Mapped[str]": "The field 'partial' of Thing would hide a parameter of the constructor of Thing",
    "x: Mapped[int, str]": "Mapped[…] takes one type. For a choice write Mapped[int | str]",
    "x: Mapped[OneToMany] = OneToMany('Thing', query=dict)": "'x' of Thing is a relationship, not a field. Write x: "
    "OneToMany[…] = OneToMany(…).",
    "x: Mapped[int] = mapped(discriminator='kind')": "Pydantic refuses the fields of Thing",
    "x: Mapped[str] = mapped(pattern='(')": "Pydantic refuses the fields of Thing",
}
#: Arguments of ``mapped``, and what they are told.
ARGUMENTS = {
    "1": "mapped() takes its arguments by name. Write mapped(default=…), or mapped(default_factory=…).",
    "maxlength=5": "mapped() has no argument 'maxlength'. Did you mean 'max_length'?",
    "colour='red'": "mapped() has no argument 'colour'. Its arguments are default, default_factory, attribute, title",
    "alias='X'": "mapped() has no argument 'alias': the attribute's name in the table is attribute='…'.",
    "data_key='X'": "the attribute's name in the table is attribute='…'.",
    "primary_key=True": "keys are named in the inner class Table",
    "nullable=True": "the annotation says so: Mapped[str | None] may be None",
    "ttl=True": "time to live is a setting of the inner class Table",
    "default=1, default_factory=int": "mapped() got both default and default_factory. Give one of them.",
    "default_factory=[]": "The default_factory of mapped() must be a function without arguments, such as list",
    "attribute=''": "The attribute of mapped() must be the name of the attribute in the table, a string.",
    "attribute=5": "The attribute of mapped() must be the name of the attribute in the table, a string.",
}


@pytest.fixture(params=ANNOTATIONS, ids=["values", "strings"])
def programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Programs:
    return Programs(monkeypatch, request.param)


@pytest.mark.parametrize("line", BODIES)
def test_mistake_in_the_body_of_a_typed_model(programs: Programs, line: str) -> None:
    with pytest.raises(DynaModelException, match=re.escape(BODIES[line])):
        programs.run(f"class Thing(Model):{TABLE}\n    {line}")


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_mistake_in_the_arguments_of_mapped(arguments: str) -> None:
    with pytest.raises(DynaModelException, match=re.escape(ARGUMENTS[arguments])):
        eval(f"mapped({arguments})", {"mapped": mapped})


def test_what_is_no_mistake(programs: Programs) -> None:
    program = programs.run(
        f"""
class Author(Model):{TABLE}
class Thing(Model):{TABLE}
    author_id: Mapped[str | None] = mapped(default=None)
    constant: ClassVar[int] = 5
    bare: ClassVar = 6
    _private: int = 7
    plain = 8
    writer: ManyToOne[Author] = ManyToOne(Author, query=lambda thing: dict(id=thing.author_id))
    by_author: GlobalIndex = GlobalIndex("by-author", hash_key="author_id", projection=ProjectAll())
"""
    )
    thing = program.Thing(id="1")
    assert (thing.constant, thing.bare, thing._private, thing.plain) == (5, 6, 7, 8)
    assert list(program.Thing.__schema__.model_fields) == ["id", "author_id"]


def test_plain_mixin_with_fields_is_refused(programs: Programs) -> None:
    with pytest.raises(DynaModelException, match=r"Owned, a base of Thing, declares the field 'owner', but is not a"
                       r" model, so Thing would not have that field. Write class Owned\(Model\)."):  # fmt: skip
        programs.run(f"class Owned:\n    owner: Mapped[str]\nclass Thing(Owned, Model):{TABLE}")
    with pytest.raises(DynaModelException, match="Owned, a base of Thing, declares the field 'owner'"):
        programs.run(f"class Owned:\n    owner = mapped(default='x')\nclass Thing(Owned, Model):{TABLE}")


def test_model_needs_fields_for_its_table(programs: Programs) -> None:
    table = "class Table:\n        name = 'things'\n        hash_key = 'id'"
    with pytest.raises(
        DynaModelException, match=r"The model Thing has no fields. Write, for example, id: Mapped\[str\]"
    ):
        programs.run(f"class Thing(Model):\n    {table}")
    with pytest.raises(
        DynaModelException, match=r"needs an inner class 'Schema'.*inherits from dynamorm.Model are its schema"
    ):
        programs.run(f"class Thing(DynaModel):{TABLE}")


def test_field_that_hides_its_type_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "    date: Mapped[date | None] = mapped(default=None)\n    other: Mapped[date] = mapped(default=None)"
    with pytest.raises((DynaModelException, TypeError), match=r"a field has the name of its type|unsupported operand"):
        Programs(monkeypatch).run(f"from datetime import date\nclass Thing(Model):{TABLE}{lines}")
    with pytest.raises(DynaModelException, match=r"a field has the name of its type.*Mapped\[datetime.date\]"):
        Programs(monkeypatch).run(
            f"from datetime import date\nclass Thing(Model):{TABLE}{lines.replace(' | None', '')}"
        )
    program = Programs(monkeypatch, ANNOTATIONS[1]).run(f"from datetime import date\nclass Thing(Model):{TABLE}{lines}")
    assert program.Thing(id="1", date="2026-01-02").date.day == 2


def test_annotation_without_its_import_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = Programs(monkeypatch, ANNOTATIONS[1])
    with pytest.raises(
        DynaModelException, match=r"'x' of Thing needs 'Maped', which is not defined. Import it where the"
    ):
        programs.run(f"class Thing(Model):{TABLE}    x: Maped[int]")
    with pytest.raises(DynaModelException, match="The annotation of 'x' of Thing can't be evaluated: TypeError"):
        programs.run(f"class Thing(Model):{TABLE}    x: int[str]")
    with pytest.raises(DynaModelException, match=r"Mapped is an annotation. Write: isbn: Mapped"):
        programs.run("Mapped()")
