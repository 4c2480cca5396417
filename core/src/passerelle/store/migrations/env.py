"""Alembic's environment: runs on the connection that ``Database.migrate`` hands over."""

from alembic import context
from sqlmodel import SQLModel

from passerelle.store import tables

assert tables  # imported for its metadata
context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata)
context.run_migrations()
