"""DynamORM: an object mapper for Amazon DynamoDB."""
