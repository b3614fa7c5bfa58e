"""Migrates the tables of `python.py` with Alembic, in the working directory: a history for metaxy's own tables and one for those of
the features, as Metaxy's documentation has it. The store is the one that metaxy.toml names."""

from pathlib import Path

import metaxy as mx
from alembic import command
from alembic.config import Config

ENVIRONMENT = """
import metaxy as mx
import sqlalchemy
from alembic import context
from alembic.ddl.postgresql import PostgresqlImpl
from metaxy.ext.sqlalchemy import filter_feature_sqla_metadata, get_system_slqa_metadata
from sqlmodel import SQLModel


class DuckDBImpl(PostgresqlImpl):
    __dialect__ = "duckdb"


store = mx.MetaxyConfig.get().get_store("dev")
scope = context.config.get_main_option("scope")
if scope == "system":
    url, target_metadata = get_system_slqa_metadata(store)
else:
    url, target_metadata = filter_feature_sqla_metadata(store, SQLModel.metadata)
with sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool).connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=target_metadata,
        version_table=f"alembic_version_metaxy_{scope}",
        include_name=lambda name, kind, parents: kind != "table" or name in target_metadata.tables,
    )
    with context.begin_transaction():
        context.run_migrations()
"""

SCRIPT = '''"""${message}"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
'''


def migrate():
    """`revision --autogenerate` and `upgrade head` of both histories; how many tables each of them makes."""
    counts = {}
    for scope in ("system", "features"):
        place = Path("alembic/dev") / scope
        (place / "versions").mkdir(parents=True)
        (place / "env.py").write_text(ENVIRONMENT)
        (place / "script.py.mako").write_text(SCRIPT)
        config = Config()
        config.set_main_option("script_location", str(place))
        config.set_main_option("scope", scope)
        script = command.revision(config, "initialize", autogenerate=True)
        command.upgrade(config, "head")
        counts[scope] = Path(script.path).read_text().count("op.create_table")
    return counts
