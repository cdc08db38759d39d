"""Verbs: one plan each, which is the only description of the verb, and the drivers that run the plans.

What models import of this package itself, ``verbs.batches.get_batch``, is imported when it is first looked up: most
programs use a few of the verbs, and importing all of them would take a tenth of the import time.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dynamorm.model.verbs import batches as batches
    from dynamorm.model.verbs import creating as creating
    from dynamorm.model.verbs import get_or_create as get_or_create
    from dynamorm.model.verbs import moves as moves
    from dynamorm.model.verbs import puts as puts
    from dynamorm.model.verbs import tables as tables
    from dynamorm.model.verbs import transactional_reads as transactional_reads
    from dynamorm.model.verbs import transactions as transactions
    from dynamorm.model.verbs import unique_lookups as unique_lookups
else:
    _DEFERRED = {
        "batches",
        "creating",
        "get_or_create",
        "moves",
        "puts",
        "tables",
        "transactional_reads",
        "transactions",
        "unique_lookups",
    }

    def __getattr__(name):
        """Import the module of this *name*, which is an attribute of the package from then on."""
        if name not in _DEFERRED:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module  # deferred: start-up cost

        return import_module(f"{__name__}.{name}")
