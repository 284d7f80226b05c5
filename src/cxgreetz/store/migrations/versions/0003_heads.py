"""What posts and pages are compared by, so that their texts can stay where they are."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    # Empty: not made yet; it is made from the post when it is first asked for.
    op.add_column("post", sa.Column("head", sa.JSON))
    op.add_column("page", sa.Column("mark", sa.String))


def downgrade() -> None:
    op.drop_column("page", "mark")
    op.drop_column("post", "head")
