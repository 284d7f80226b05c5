"""How many characters each engine was sent in a month."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "spent",
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("engine", sa.String, primary_key=True),
        sa.Column("characters", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("spent")
