"""The names that ``import dynamorm`` gives. They are here because ``dynamorm/__init__.py`` never changes."""

from dynamorm.__about__ import __version__
from dynamorm.engine.budget import budget
from dynamorm.engine.connection import connect, using
from dynamorm.engine.observing import observe, unobserve
from dynamorm.model.explaining import explain
from dynamorm.model.indexes import GlobalIndex, LocalIndex, ProjectAll, ProjectInclude, ProjectKeys
from dynamorm.model.models import DynaModel
from dynamorm.model.operators import Q
from dynamorm.model.relationships import ManyToOne, OneToMany, OneToOne
from dynamorm.model.transactions import transact_get, transaction
from dynamorm.model.write_batches import batch

__all__ = [
    "DynaModel",
    "GlobalIndex",
    "LocalIndex",
    "ManyToOne",
    "OneToMany",
    "OneToOne",
    "ProjectAll",
    "ProjectInclude",
    "ProjectKeys",
    "Q",
    "__version__",
    "batch",
    "budget",
    "connect",
    "explain",
    "observe",
    "unobserve",
    "transact_get",
    "transaction",
    "using",
]
