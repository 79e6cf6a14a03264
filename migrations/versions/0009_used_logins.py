"""LTI: nothing is stored of a login under way, only that one has been used up. Logins under way begin anew."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
DIGEST = sa.String(64)


def upgrade() -> None:
    op.drop_table("lti_logins")
    op.create_table(
        "lti_used_logins",
        sa.Column("state_hash", DIGEST, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_lti_used_logins")),
    )
    op.create_index(op.f("ix_lti_used_logins_expires_at"), "lti_used_logins", ["expires_at"])


def downgrade() -> None:
    op.drop_table("lti_used_logins")
    op.create_table(
        "lti_logins",
        sa.Column("state_hash", DIGEST, nullable=False),
        sa.Column("nonce_hash", DIGEST, nullable=False),
        sa.Column("browser_hash", DIGEST, nullable=False),
        sa.Column("storage_target", sa.String(255), nullable=True),
        sa.Column("platform_id", sa.String(36), nullable=False),
        sa.Column("target_link_uri", sa.String(2000), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["platform_id"], ["lti_platforms.id"], name=op.f("fk_lti_logins_platform_id")),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_lti_logins")),
        sa.UniqueConstraint("nonce_hash", name=op.f("uq_lti_logins_nonce_hash")),
    )
    op.create_index(op.f("ix_lti_logins_expires_at"), "lti_logins", ["expires_at"])
