"""What the links and the pictures of emails turned out to be, so that none is asked each time."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    for name in ("link_answer", "picture"):
        op.create_table(
            name,
            sa.Column("url", sa.Text, primary_key=True),
            sa.Column("data", sa.JSON, nullable=False),
        )


def downgrade() -> None:
    op.drop_table("picture")
    op.drop_table("link_answer")
