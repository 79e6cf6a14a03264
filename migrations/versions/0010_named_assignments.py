"""LTI: which assignment the platform names with a link, so that another one can be chosen for it here."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lti_links", sa.Column("named", sa.String(36), nullable=True))


def downgrade() -> None:
    op.drop_column("lti_links", "named")
