"""Replaces ``dynamorm/__init__.py`` where that file is missing.

The file is in two distributions, ``dynamorm-core`` and ``dynamorm``: uninstalling ``dynamorm`` alone removes it. Python
then finds this module next to the folder ``dynamorm``, and this module makes the folder a package again.
"""

__path__ = [__file__.removesuffix(".py")]
__package__ = __name__
__spec__.submodule_search_locations = __path__

from dynamorm._public import *
from dynamorm._public import __all__ as __all__
