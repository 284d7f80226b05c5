"""Which approvals were asked for, and what people were told already."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "request",
        sa.Column("edition", sa.String(7), primary_key=True),
        sa.Column("data", sa.JSON, nullable=False),
    )
    op.create_table(
        "told",
        sa.Column("about", sa.String, primary_key=True),
        sa.Column("at", sa.String, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("told")
    op.drop_table("request")
