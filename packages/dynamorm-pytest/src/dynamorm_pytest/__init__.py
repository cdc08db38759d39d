"""A pytest plugin for applications that use DynamORM: see :mod:`dynamorm_pytest.plugin`."""
