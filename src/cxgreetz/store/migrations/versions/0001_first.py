"""The first shape: posts, pieces, memory, editions, emails, approvals, receipts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "post",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("guid", sa.String, index=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("piece", sa.String, index=True),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("effective", sa.String),
        sa.Column("first_seen", sa.String, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
    )
    op.create_table(
        "piece",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("evidence", sa.JSON, nullable=False),
    )
    op.create_table(
        "verdict",
        sa.Column("first", sa.String, primary_key=True),
        sa.Column("second", sa.String, primary_key=True),
        sa.Column("same", sa.Boolean, nullable=False),
    )
    op.create_table(
        "reading",
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("succeeded_at", sa.String),
        sa.Column("summary", sa.JSON, nullable=False),
    )
    op.create_table(
        "memory",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("source_language", sa.String(2), nullable=False),
        sa.Column("target_language", sa.String(2), nullable=False),
        sa.Column("source_key", sa.String(64), nullable=False, index=True),
        sa.Column("target_key", sa.String(64), nullable=False, index=True),
        sa.Column("source_text", sa.Text, nullable=False),
        sa.Column("target_text", sa.Text, nullable=False),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("author", sa.String),
        sa.Column("changed", sa.String, nullable=False),
        sa.UniqueConstraint("source_language", "target_language", "source_key", "target_key"),
    )
    op.create_table(
        "edition",
        sa.Column("key", sa.String(7), primary_key=True),
        sa.Column("data", sa.JSON, nullable=False),
    )
    op.create_table(
        "email",
        sa.Column("fingerprint", sa.String(64), primary_key=True),
        sa.Column("data", sa.JSON, nullable=False),
    )
    op.create_table(
        "draft",
        sa.Column("edition", sa.String(7), primary_key=True),
        sa.Column("language", sa.String, primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("pieces", sa.JSON, nullable=False),
    )
    op.create_table(
        "approval",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("edition", sa.String(7), nullable=False, index=True),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("pieces", sa.JSON, nullable=False),
    )
    op.create_table(
        "receipt",
        sa.Column("provider", sa.String, primary_key=True),
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("edition", sa.String(7), primary_key=True),
        sa.Column("language", sa.String, primary_key=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("remote_id", sa.String),
        sa.Column("at", sa.String),
    )
    op.create_table(
        "carried",
        sa.Column("piece", sa.String, primary_key=True),
        sa.Column("language", sa.String, primary_key=True),
        sa.Column("edition", sa.String(7), nullable=False),
    )
    op.create_table(
        "page",
        sa.Column("url", sa.String, primary_key=True),
        sa.Column("final", sa.String, nullable=False),
        sa.Column("headers", sa.JSON, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("until", sa.Float, nullable=False),
    )


def downgrade() -> None:
    for table in reversed(sa.inspect(op.get_bind()).get_table_names()):
        if table != "alembic_version":
            op.drop_table(table)
