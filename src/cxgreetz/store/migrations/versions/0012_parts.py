"""What several processes read for one gathering, until it is put together."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "part",
        sa.Column("gathering", sa.String, primary_key=True),
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("batch", sa.Integer, nullable=False),
        sa.Column("owner", sa.String),
        sa.Column("until", sa.Float),
        sa.Column("opened", sa.String, nullable=False),
        sa.Column("content", sa.LargeBinary),
    )


def downgrade() -> None:
    op.drop_table("part")
