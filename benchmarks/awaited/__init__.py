"""What event loops pay: DynamORM's asynchronous verbs beside aiobotocore's client and pydynox."""
