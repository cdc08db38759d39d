"""A backend of DynamORM that keeps each table in a JSON file: ``dynamorm.connect("jsonfile://data")``."""
