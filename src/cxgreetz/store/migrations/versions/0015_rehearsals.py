"""For which provider alone an email was approved; "": for whoever the workspace file names."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("approval", sa.Column("provider", sa.String, nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("approval", "provider")
