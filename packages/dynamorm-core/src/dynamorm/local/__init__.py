"""An import path of DynamORM 0.11 that is gone. Importing it says what to use instead."""

# A package, not a module: pip removes 0.11's file of that path after it has installed this one.
raise ImportError(
    "dynamorm.local, which started DynamoDB Local, is gone. For tests use the embedded backend, "
    "dynamorm.using('sqlite:///:memory:'), or start DynamoDB Local as its documentation says and connect to it: "
    "dynamorm.using('boto3://us-east-1', endpoint_url='http://localhost:8000').",
    name="dynamorm.local",
)
