"""The schema library of an inner ``Schema`` class, found without importing any library."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from dynamorm.data.records import record
from dynamorm.ports.schemas import Claim

#: The schema library whose plugin takes plain classes with annotations.
OF_ANNOTATIONS = "pydantic"

#: Top-level modules of libraries that are called otherwise than their plugin.
_PLUGIN_NAMES = {"attr": "attrs", "pydantic_core": "pydantic"}
#: What the values in the body of a class for Pydantic may be made of.
_BESIDE_ANNOTATIONS = {"annotated_types", "dynamorm", "pydantic", "typing_extensions"}


@record
class Maker:
    """A library that makes classes which are none of another library's, though they have annotations."""

    noun: str
    #: The plugin that adapts such classes, and that an error names.
    plugin: str
    #: Other plugins that may.
    others: tuple[str, ...] = ()


ATTRS = Maker("an attrs class", "attrs")
MSGSPEC = Maker("a msgspec Struct", "msgspec")
DATACLASS = Maker("a dataclass", "msgspec", ("attrs",))


@record
class Traces:
    """What a class shows of the libraries that it is made of."""

    #: The names of the plugins that may know it: those of the modules that its bases, its metaclass and its values come
    #: from.
    names: tuple[str, ...]
    maker: Maker | None
    #: Whether it has annotations, and nothing that another library could have put there.
    plain: bool

    @property
    def enough(self) -> Claim:
        """How strong a claim of the plugins in ``names`` has to be, for no other plugin to be asked."""
        if self.maker is not None:
            return Claim.CLASS
        return Claim.ANNOTATIONS if self.plain else Claim.FIELDS


def traces_of(definition: type) -> Traces:
    """Return what an inner ``Schema`` class, the *definition*, is made of."""
    libraries = tuple(
        dict.fromkeys(name for name in _top_level_modules(definition) if name not in sys.stdlib_module_names)
    )
    names = [_PLUGIN_NAMES.get(name, name) for name in libraries]
    maker = _maker_of(definition)
    own = definition.__module__.partition(".")[0]
    plain = maker is None and _has_annotations(definition) and not {*names} - _BESIDE_ANNOTATIONS - {own}
    if maker is not None:
        names += [maker.plugin, *maker.others]
    if plain:
        names.append(OF_ANNOTATIONS)
    return Traces(tuple(dict.fromkeys(names)), maker, plain)


def _top_level_modules(definition: type) -> Iterator[str]:
    for base in definition.__mro__:
        yield from _modules_of(base)
        yield from _modules_of(type(base))
        for value in vars(base).values():
            yield from _modules_of(type(value))


def _modules_of(kind: type) -> Iterator[str]:
    for base in kind.__mro__:
        yield str(base.__module__).partition(".")[0]


def _maker_of(definition: type) -> Maker | None:
    for base in definition.__mro__:
        if "__attrs_attrs__" in vars(base):
            return ATTRS
        if type(base).__module__.partition(".")[0] == "msgspec":
            return MSGSPEC
        if "__dataclass_fields__" in vars(base):
            return DATACLASS
    return None


def _has_annotations(definition: type) -> bool:
    # Python 3.14 keeps a function in their place, whose call may fail.
    names = ("__annotations__", "__annotate__", "__annotate_func__")
    return any(vars(base).get(name) for base in definition.__mro__ for name in names)
