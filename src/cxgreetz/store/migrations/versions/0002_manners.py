"""What hosts and addresses asked of us: pauses, moves, addresses that are gone."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "pause",
        sa.Column("host", sa.String, primary_key=True),
        sa.Column("until", sa.String, nullable=False),
    )
    op.create_table(
        "address",
        sa.Column("url", sa.String, primary_key=True),
        sa.Column("gone", sa.Boolean, nullable=False),
        sa.Column("moved_to", sa.String),
        sa.Column("since", sa.String, nullable=False),
        sa.Column("asked", sa.String, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("address")
    op.drop_table("pause")
