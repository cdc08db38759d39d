"""Templates of keys: what is refused when a model is defined, with which words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pydantic
import pytest

from dynamorm import DynaModel, Key
from dynamorm.exceptions import DynaModelException, InvalidKey, InvalidSchemaField
from tests.support.bound_templates import Order, bound, key_of
from tests.support.schema_libraries.installed import LIBRARIES

pytestmark = pytest.mark.parametrize("library", LIBRARIES, indirect=True)


class Strict(DynaModel):
    class Table:
        name = "strict"
        hash_key = "plain"

    class Schema:
        plain: str
        lasts: timedelta
        blob: bytes
        opened: pydantic.NaiveDatetime
        placed: pydantic.AwareDatetime


def refused(template: str | Key, error: type[Exception] = InvalidKey, **options: Any) -> str:
    with pytest.raises(error) as caught:
        bound(template, **options)
    return str(caught.value)


def test_an_unknown_field_is_named_with_the_one_that_is_meant() -> None:
    message = refused("ORDER#{regoin}", InvalidSchemaField)
    assert "the range_key of the Table of Order names 'regoin'" in message
    assert "Did you mean 'region'?" in message


def test_two_fields_need_text_between_them() -> None:
    message = refused("{region}{order_id}")
    assert "'region' and 'order_id' without text between them" in message
    assert "separator" in message


def test_text_between_two_fields_needs_the_separator() -> None:
    message = refused("{region}-{order_id}")
    assert "no separator, '#', in the text after 'region'" in message


def test_text_after_a_field_that_ends_by_itself_needs_no_separator() -> None:
    template = bound("{day}T{number:03d}-{uuid}")
    assert template.fields == ("day", "number", "uuid")


def test_a_whole_number_needs_a_width() -> None:
    message = refused("{number}")
    assert "'number' in the template of the range_key of the Table of Order is a whole number" in message
    assert "{number:010d}" in message


@pytest.mark.parametrize("spec", ["d", "5d", "00d", "05x", "039d", "casefold", "naive"])
def test_a_width_is_zero_a_number_and_d(spec: str) -> None:
    assert "needs a width" in refused(f"{{number:{spec}}}")


@pytest.mark.parametrize("name", ["price", "weight"])
def test_numbers_with_fractions_are_refused(name: str) -> None:
    for template in (f"{{{name}}}", f"{{{name}:010d}}"):
        message = refused(template)
        assert f"'{name}' in the template" in message
        assert "whole numbers, such as cents" in message


@pytest.mark.parametrize(("name", "kind"), [("lines", "a list or a set"), ("labels", "a map"), ("address", "a map")])
def test_values_that_are_no_key_are_refused(name: str, kind: str) -> None:
    message = refused(f"ORDER#{{{name}}}")
    assert f"'{name}' in the template of the range_key of the Table of Order is stored as {kind}" in message


def test_bytes_are_no_part_of_a_key_of_text() -> None:
    assert "'blob' in the template of the range_key of the Table of Strict is stored as bytes" in refused(
        "{blob}", model=Strict
    )
    assert bound("{blob}", Strict, kind="B").parse(b"x") == {"blob": b"x"}


@pytest.mark.parametrize("name", ["region", "day", "uuid", "paid"])
def test_a_form_that_the_type_lacks_is_refused(name: str) -> None:
    message = refused(f"{{{name}:010d}}")
    assert f"'{name}' in the template of the range_key of the Table of Order has the form '010d'" in message
    assert f"{{{name}:casefold}}" in message if name == "region" else "casefold" not in message


@pytest.mark.parametrize("template", ["ORDER#{region", "ORDER#region}", "ORDER#{{region}", "{re{gion}}"])
def test_braces_that_are_not_balanced_are_refused(template: str) -> None:
    assert "without its counterpart" in refused(template)


@pytest.mark.parametrize("template", ["ORDER#{}", "{:010d}", "{ region }", "{address.}", "{region!r}"])
def test_braces_without_a_field_are_refused(template: str) -> None:
    assert "names no field" in refused(template)


def test_an_empty_template_is_refused() -> None:
    assert "is empty" in refused("")


def test_a_field_stands_once_in_a_template() -> None:
    assert "has the field 'region' twice" in refused("{region}#{region}")


def test_a_template_needs_an_attribute_that_no_field_is_stored_as() -> None:
    message = refused("{order_id}", attribute="rg")
    assert "the field 'region' of Order is stored as that attribute" in message


@pytest.mark.parametrize("template", ["ORDER#{number}", "{number:010d}", "5"])
def test_a_key_that_is_a_number_is_one_field(template: str) -> None:
    message = refused(template, kind="N")
    assert "'sk' of the range_key of the Table of Order is a number, so its template is one field" in message


def test_a_key_that_is_a_number_needs_a_field_that_is_one() -> None:
    assert "stored as another type" in refused("{region}", kind="N")


def test_a_key_that_is_a_number_is_the_number() -> None:
    template = bound("{price}", kind="N")
    assert key_of(template, price=5) == 5
    assert template.parse(5) == {"price": 5}
    assert template.parse(True) is None
    assert template.parse("5") is None


def test_a_name_below_a_field_must_be_described() -> None:
    assert "describes no 'town' below 'address'. There are city, zip." in refused("{address.town}", InvalidSchemaField)
    assert "describes no 'town' below 'region'" in refused("{region.town}", InvalidSchemaField)


def test_fields_below_a_field_follow_the_same_rules() -> None:
    assert "'address.zip' in the template" in refused("{address.zip}")
    template = bound("{address.city}#{address.zip:05d}")
    assert template.format({"address.city": "Bern", "address.zip": 3011}) == "Bern#03011"
    assert template.parse("Bern#03011") == {"address.city": "Bern", "address.zip": 3011}


def test_literals_are_at_most_as_long_as_a_key() -> None:
    bound("x" * 1015 + "#{region}", most_bytes=1024)
    message = refused("é" * 512 + "#{region}", most_bytes=1024)
    assert "1,025 bytes" in message
    assert "1,024 bytes" in message
    assert "2,048 bytes" in refused("x" * 2049)


def test_only_key_names_fields_of_the_template() -> None:
    assert bound(Key("{region}#{order_id}", only_key=["order_id"])).only_key == {"order_id"}
    assert "names 'email', which is not in the template" in refused(Key("{region}", only_key=["email"]))
    assert "only a folded form" in refused(Key("{email:casefold}", only_key=["email"]))
    assert "part of a field" in refused(Key("{address.city}", only_key=["address.city"]))


@pytest.mark.parametrize("separator", ["", "::", "a", "5", "{", 5])
def test_a_separator_is_one_character_that_no_form_needs(separator: str) -> None:
    assert "must be one character" in refused("{region}", separator=separator)


def test_a_percent_sign_separates_only_without_escape() -> None:
    bound("{region}%{order_id}", separator="%")
    assert "escape = True" in refused("{region}%{order_id}", separator="%", escape=True)


def test_date_times_without_an_offset_need_to_be_named_so() -> None:
    message = refused("{opened}", model=Strict)
    assert "takes only date-times without a UTC offset" in message
    assert "{opened:naive}" in message


def test_date_times_with_an_offset_are_not_naive() -> None:
    assert "takes only date-times with a UTC offset. Write {placed}" in refused("{placed:naive}", model=Strict)


def test_a_range_key_needs_fields_that_are_stored_in_order() -> None:
    message = refused("{lasts}", model=Strict, ordered=True)
    assert "'lasts' in the template of the range_key of the Table of Strict" in message
    assert "does not sort like its values" in message
    assert bound("{lasts}", Strict).fields == ("lasts",)


def test_a_table_may_allow_range_keys_without_an_order() -> None:
    class Unordered(DynaModel):
        class Table:
            name = "unordered"
            hash_key = "plain"
            range_key = Key("LASTS#{lasts}")
            unordered_range_key = True

        class Schema:
            plain: str
            lasts: timedelta

    assert Unordered(plain="a", lasts=timedelta(minutes=1)).lasts == timedelta(minutes=1)
    with pytest.raises(InvalidKey, match="does not sort like its values"):

        class Ordered(DynaModel):
            class Table:
                name = "ordered"
                hash_key = "plain"
                range_key = Key("LASTS#{lasts}")

            class Schema:
                plain: str
                lasts: timedelta


@pytest.mark.parametrize("template", [5, None, Order])
def test_a_key_is_made_of_text(template: object) -> None:
    with pytest.raises(DynaModelException, match="is made of a template"):
        Key(template)  # type: ignore[arg-type] # the mistake of this test


def test_keys_are_values() -> None:
    key = Key("ORDER#{region}", attribute="sk", also="{region}", only_key=["region"])
    assert repr(key) == "Key('ORDER#{region}', attribute='sk', also='{region}', only_key=['region'])"
    assert repr(Key("PROFILE")) == "Key('PROFILE')"
    assert key == Key("ORDER#{region}", attribute="sk", also="{region}", only_key=("region",))
    assert key != Key("ORDER#{region}")
    assert key != "ORDER#{region}"
    assert len({key, Key("ORDER#{region}"), Key("ORDER#{region}")}) == 2
