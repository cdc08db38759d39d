"""DynamORM: an object mapper for Amazon DynamoDB.

The transport (boto3, SQLite) and the schema library (Marshmallow and others) are plugins, loaded when
they are first needed::

    from dynamorm import DynaModel, connect

    connect("sqlite:///books.db")
"""

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
