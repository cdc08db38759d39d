"""Leading keys in policies: what is allowed with a pattern has no keys of others that the pattern lets through."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel, operate
from dynamorm.exceptions import DynaModelException

#: How many templates are tried.
EXAMPLES = 100
#: Parts of templates, and of patterns where the fields are.
TEXTS = ("T", "T#", "#", "#U", "#U#", "##", ":", "U:")
#: Values of fields, which never hold the separator. Some begin with others.
values = st.text("aU1:", min_size=1, max_size=3)


@st.composite
def templates(draw: st.DrawFn) -> list[str]:
    """Texts and fields in turn, with the field a among them."""
    parts = [draw(st.sampled_from(["", *TEXTS])), "{a}"]
    if draw(st.booleans()):
        parts += [draw(st.sampled_from(["#", "#U#"])), "{b}"]
    return [*parts, draw(st.sampled_from(["", "#", "#U", "#U#"]))]


@st.composite
def patterns(draw: st.DrawFn, template: list[str]) -> str:
    """A pattern that is likely to fit the *template*, and often does not."""
    variables = {"{a}": "${x}", "{b}": draw(st.sampled_from(["${y}", "${x}", "U"]))}
    text = "".join(variables.get(part, part) for part in template)
    if draw(st.booleans()):
        tokens = re.findall(r"\$\{\w\}|.", text)
        text = "".join(tokens[: draw(st.integers(0, len(tokens)))])
    if draw(st.integers(0, 4)) == 0:
        text = text.replace(draw(st.sampled_from(["T", "#", "U"])), draw(st.sampled_from(["", "#", "U", "##"])), 1)
    return f"{text}{draw(st.sampled_from(['', '*', '#*', 'U*']))}"


def model_of(template: list[str]) -> type[DynaModel]:
    """A model with a hash key that the *template* composes."""
    table = {"name": "things", "hash_key": dynamorm.Key("".join(template), attribute="pk")}
    schema = {"a": fields.String(), "b": fields.String()}
    body = {"Table": type("Table", (), table), "Schema": type("Schema", (), schema)}
    return type("Thing", (DynaModel,), body)


def is_let_through(key: str, pattern: str, variables: dict[str, str]) -> bool:
    """Whether ``StringLike`` holds for a *key*, with the values of the *variables* in the place of these."""
    parts = re.split(r"(\$\{\w\}|\*)", pattern)
    named = {f"${{{name}}}": re.escape(value) for name, value in variables.items()}
    expression = "".join(".*" if part == "*" else named.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(expression, key, re.DOTALL) is not None


@settings(max_examples=EXAMPLES)
@given(data=st.data(), template=templates(), b=values, x=values, y=values)
def test_allowed_keys_are_those_of_the_caller(data: Any, template: list[str], b: str, x: str, y: str) -> None:
    pattern, a = data.draw(patterns(template)), x + data.draw(st.text("aU1", max_size=2))
    assume("${x}" in pattern)
    try:
        operate.export.iam([model_of(template)], leading_keys=[pattern])
    except DynaModelException:
        return
    key = "".join(template).format(a=a, b=b)
    if is_let_through(key, pattern, {"x": x, "y": y}):
        # The value of the variable tells the field a, whatever comes behind it; the pattern may have more text there.
        told = pattern.removeprefix(template[0]).partition("#")[0]
        assert a == told.replace("${x}", x).replace("${y}", y)


@settings(max_examples=EXAMPLES // 4)
@given(template=templates())
def test_the_pattern_of_a_template_fits_it(template: list[str]) -> None:
    whole = "".join(template).replace("{a}", "${x}").replace("{b}", "${y}")
    model = model_of(template)
    assert operate.export.iam([model], leading_keys=[whole]).document["Statement"]
    head, separator, _ = whole.partition("}#")
    if separator:
        assert operate.export.iam([model], leading_keys=[f"{head}}}#*"]).document["Statement"]
