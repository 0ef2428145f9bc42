"""The foundation: configurations, beliefs, verdicts, plans and the views that consumers read."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    # as the driver's own text: SQLAlchemy would read :name in it as a parameter
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text().replace("%", "%%"))


def downgrade() -> None:
    op.execute("drop schema reports cascade")
    op.execute("drop schema flex cascade")
