"""The command ``dynamorm``, which operates DynamoDB tables. Its logic is in :mod:`dynamorm.operate`."""
