"""The names that ``import dynamorm`` gives. They are here because ``dynamorm/__init__.py`` never changes."""

from typing import TYPE_CHECKING

from dynamorm import exceptions, signals, verbs
from dynamorm.__about__ import __version__
from dynamorm.engine.run.budget import budget
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import connect, using
from dynamorm.engine.run.event_loops import refuse_blocking
from dynamorm.engine.run.merged_reads import merged_reads
from dynamorm.engine.run.observing import observe, unobserve
from dynamorm.engine.run.rate_limits import RateLimit, rate
from dynamorm.model.constraints.declared import PROTECT, Count, Sum, Unique
from dynamorm.model.indexes import GlobalIndex, LocalIndex
from dynamorm.model.interchange.changes import Changes
from dynamorm.model.key_templates.declared import Key
from dynamorm.model.models import DynaModel
from dynamorm.model.query.operators import Q
from dynamorm.model.reads.explain import explain
from dynamorm.model.reads.raw_items import RawItem
from dynamorm.model.relationships.kinds import ManyToOne, OneToMany, OneToOne
from dynamorm.model.shared_tables.shared_table import SharedTable
from dynamorm.model.table.projections import ProjectAll, ProjectInclude, ProjectKeys
from dynamorm.model.tables import acreate_all, create_all
from dynamorm.model.typed_models import Model
from dynamorm.model.verbs.across_models import atransact_get, batch, transact_get, transaction

if TYPE_CHECKING:
    from dynamorm.model.typed.declared import Mapped, mapped
else:
    from dynamorm.model.typed.mapped import Mapped, mapped

__all__ = [
    "PROTECT",
    "Changes",
    "Connection",
    "Count",
    "DynaModel",
    "GlobalIndex",
    "Key",
    "LocalIndex",
    "ManyToOne",
    "Mapped",
    "Model",
    "OneToMany",
    "OneToOne",
    "ProjectAll",
    "ProjectInclude",
    "ProjectKeys",
    "Q",
    "RateLimit",
    "RawItem",
    "SharedTable",
    "Sum",
    "Unique",
    "__version__",
    "acreate_all",
    "atransact_get",
    "batch",
    "budget",
    "connect",
    "create_all",
    "exceptions",
    "explain",
    "mapped",
    "merged_reads",
    "observe",
    "rate",
    "refuse_blocking",
    "signals",
    "unobserve",
    "transact_get",
    "transaction",
    "using",
    "verbs",
]
