"""Alembic's entry: run the migrations on the connection that the database module opened, in its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
