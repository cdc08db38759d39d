"""msgspec Structs and dataclasses as the schemas of DynamORM's models."""
