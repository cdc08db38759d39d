"""DynamORM's embedded backend: DynamoDB's semantics on SQLite, in a file or in memory."""
