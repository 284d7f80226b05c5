"""What remembered texts are without their figures, so that they serve for other ones."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    # NULL: not made yet; it is made from the text when the memory is next asked.
    for side in ("source_mask", "target_mask"):
        op.add_column("memory", sa.Column(side, sa.String(64)))
        op.create_index(f"ix_memory_{side}", "memory", [side])


def downgrade() -> None:
    for side in ("source_mask", "target_mask"):
        op.drop_index(f"ix_memory_{side}", "memory")
        op.drop_column("memory", side)
