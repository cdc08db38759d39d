"""How Sphinx builds the documentation."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.metadata import version as version_of
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.ext.napoleon.docstring import GoogleDocstring
from sphinx.util.logging import getLogger

from dynamorm.model.async_verbs import AsyncInstance
from dynamorm.model.instances import Instance

logger = getLogger(__name__)

project = "DynamORM"
author = "the authors of DynamORM"
copyright = f"{author}, Apache-2.0"
release = version_of("dynamorm-core")
version = release.rpartition(".")[0]

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
]
myst_enable_extensions = ["colon_fence"]
# The copy button leaves out prompts, and of sessions what they print.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
# See convert_sections below.
napoleon_google_docstring = False
napoleon_numpy_docstring = False
# Attributes that a docstring describes are not described a second time as members.
napoleon_use_ivar = True
exclude_patterns = ["_build"]
html_theme = "furo"
html_theme_options = {
    "source_repository": "https://github.com/NerdWalletOSS/DynamORM",
    "source_branch": "HEAD",
    "source_directory": "docs/",
}
pygments_dark_style = "a11y-high-contrast-dark"
html_title = f"DynamORM {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False

#: Those whose ``__all__`` lists what is public; of the others their pages name all members.
PUBLIC_MODULES = (
    "dynamorm",
    "dynamorm.data",
    "dynamorm.operate",
    "dynamorm.plugins",
    "dynamorm.progress",
    "dynamorm.testing",
    "dynamorm.upkeep",
    "dynamorm.wire",
)

myst_heading_anchors = 3
nitpick_ignore_regex = [
    # Without a network there is no inventory of Python's own documentation to look these up in.
    (
        r"py:.*",
        r"(blinker|collections|datetime|decimal|enum|logging|opentelemetry|os|pathlib|types|typing)\..*",
    ),
    # Type aliases and type variables have no entry of their own; references in docstrings are dotted.
    (r"py:class", r"\w+"),
    (
        r"py:.*",
        r"dynamorm\..*\.(Created|First|Model|Other|Result|Second|StoredT|TableT|Third)",
    ),
    # Bases of public classes that are not public themselves.
    (
        r"py:class",
        r"dynamorm\.model\..*\.(IndexSettings|KeySettings|Projection|StoredInstance|TableLayout)",
    ),
    (r"py:class", r"Arguments\.(args|kwargs)"),
]

# The contents beside a page have "put()", not "DynaModel.put()", of which they would show half.
toc_object_entries_show_parents = "hide"

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
# Written out, the recursive ones fill a page each time.
autodoc_type_aliases = {
    name: name
    for name in (
        "AttributeJson",
        "AttributeValue",
        "Condition",
        "Conditions",
        "Item",
        "Operand",
        "UpdateAction",
    )
}


def spell_signature(
    app: Sphinx, what: str, *details: str | None
) -> tuple[str | None, str | None]:
    """Remove from a signature what is of no use to its reader."""
    signature, returns = details[-2:]
    if signature is not None and signature.startswith(
        ("(mapper: ", "(model_name: str, adapter: ")
    ):
        # Only models make these.
        return "", None
    return signature and unwrapped(signature), returns and unwrapped(returns)


def unwrapped(text: str) -> str:
    """Return *text* without parameter specifications, and without autodoc's wrapper of names of type aliases."""
    text = re.sub(r"TypeAliasForwardRef\('(\w+)'\)", r"\1", text)
    return re.sub(r": ~Parameters\b", "", text)


def convert_sections(app: Sphinx, what: str, *details: Any) -> None:
    """Convert the sections of a docstring, such as ``Args:``, to fields.

    Napoleon's own handler is switched off: in the docstring of an attribute, it would take the words before the first
    colon for a type.
    """
    lines: list[str] = details[-1]
    if what not in ("attribute", "data", "property"):
        lines[:] = GoogleDocstring(lines, app.config).lines()


def check_that_the_api_is_complete(app: Sphinx, environment: BuildEnvironment) -> None:
    """Warn of each public name that no page describes."""
    described = {
        name.rpartition(".")[2] for name, *_ in environment.domains["py"].get_objects()
    }
    for module in PUBLIC_MODULES:
        for name in import_module(module).__all__:
            if name not in described and not name.startswith("__"):
                logger.warning(
                    "No page of the reference describes %s.%s.", module, name
                )


def require_instances() -> None:
    """Take away what verbs of instances have in place of the instance: autodoc finds no such default in the source."""
    for owner in (Instance, AsyncInstance):
        for verb in vars(owner).values():
            if hasattr(verb, "_dynamorm_plan") and verb.__defaults__:
                verb.__defaults__ = verb.__defaults__[1:] or None


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the functions of this file to Sphinx."""
    require_instances()
    app.connect("autodoc-process-docstring", convert_sections)
    app.connect("autodoc-process-signature", spell_signature)
    app.connect("env-check-consistency", check_that_the_api_is_complete)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
