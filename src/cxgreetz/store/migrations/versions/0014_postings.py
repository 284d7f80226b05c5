"""What went back to a blog: a receipt for each translation."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "posting",
        sa.Column("blog", sa.String, primary_key=True),
        sa.Column("site", sa.String, primary_key=True),
        sa.Column("piece", sa.String, primary_key=True),
        sa.Column("language", sa.String, primary_key=True),
        sa.Column("data", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("posting")
