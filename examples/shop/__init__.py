"""A small shop on DynamoDB: an example of DynamORM."""
