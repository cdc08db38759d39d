"""DynamORM: an object mapper for Amazon DynamoDB.

The transport (boto3, SQLite) and the schema library (Marshmallow and others) are plugins, loaded when
they are first needed::

    from dynamorm import DynaModel, connect

    connect("sqlite:///books.db")
"""

# This file is in two distributions, dynamorm-core and dynamorm, byte for byte, and does not change within version 1.
# pip installs dynamorm-core first, then removes the files of the dynamorm that it replaces, among them this path, and
# then installs the new dynamorm, which has to bring the file back. What changes is in _public.

from dynamorm._public import *
from dynamorm._public import __all__ as __all__
