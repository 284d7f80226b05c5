"""What posts are compared by, beside them, so that their texts can stay where they are."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    # Empty: not made yet; it is made from the post when it is first asked for.
    op.add_column("post", sa.Column("head", sa.JSON))


def downgrade() -> None:
    op.drop_column("post", "head")
