"""A forum as a web service: FastAPI and DynamORM's awaited verbs."""
