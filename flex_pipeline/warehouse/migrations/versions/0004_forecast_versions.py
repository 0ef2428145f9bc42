"""A forecast says which configuration it was made under. The way back is a backup."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("alter table flex.forecast_run add column version_id bigint references flex.portfolio_version")
    op.execute(
        "comment on column flex.forecast_run.version_id is "
        "'The configuration that the forecast was made under; empty for those made before it was kept.'"
    )
