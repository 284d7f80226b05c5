"""What a person let stand: by what the finding speaks of, so that a changed text is new."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "dismissal",
        sa.Column("about", sa.String(64), primary_key=True),
        sa.Column("check", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.String, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("dismissal")
