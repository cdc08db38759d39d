"""ISO 3166 in DynamoDB: an example of DynamORM."""
