"""DynamORM's backend for Amazon DynamoDB through boto3."""
