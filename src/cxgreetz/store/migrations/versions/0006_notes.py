"""What translators noted beside a remembered text, as their tools carry it along."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("memory", sa.Column("note", sa.Text))


def downgrade() -> None:
    op.drop_column("memory", "note")
