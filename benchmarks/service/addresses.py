"""Where the services find the database, which the load run says in an environment variable."""

import os

DATABASE_VARIABLE = "FORUM_DATABASE_URL"
DATABASE_URL = os.environ.get(DATABASE_VARIABLE, "")
REGION = "us-east-1"
KEY = "fake"
