"""The schema, as a chain of Alembic revisions; `app.core.migrate` runs them."""
