"""People who were forgotten; hints that cost something and were opened."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ID = sa.String(36)


def upgrade() -> None:
    op.add_column("people", sa.Column("forgotten_at", INSTANT, nullable=True))
    op.create_table(
        "opened_hints",
        sa.Column("item_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("cost", sa.Double, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.CheckConstraint("cost >= 0 AND cost <= 1", name=op.f("ck_opened_hints_cost")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_opened_hints_item_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_opened_hints_person_id")),
        sa.PrimaryKeyConstraint("item_id", "person_id", "number", name=op.f("pk_opened_hints")),
    )
    op.create_index(op.f("ix_opened_hints_person_id"), "opened_hints", ["person_id"])


def downgrade() -> None:
    op.drop_table("opened_hints")
    op.drop_column("people", "forgotten_at")
