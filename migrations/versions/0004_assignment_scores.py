"""Attempts in assignments, grades, overrides, regrades, drafts."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
INSTANT = sa.DateTime(timezone=True)
ID = sa.String(36)
APPEND_ONLY = ("overrides", "item_revisions")


def upgrade() -> None:
    # Columns are added in place, so that the triggers of append-only tables stay; a reference must be a part of its
    # column on SQLite, and is written out, since Alembic forgets its name there.
    reference = "CONSTRAINT fk_attempts_item_id REFERENCES items (id)"
    op.execute(f"ALTER TABLE attempts ADD COLUMN item_id VARCHAR(36) {reference}")
    op.add_column("attempts", sa.Column("number", sa.Integer, nullable=True))
    op.add_column("attempts", sa.Column("digest", sa.String(64), nullable=True))
    op.create_index(
        op.f("ix_attempts_item_id_person_id_number"), "attempts", ["item_id", "person_id", "number"], unique=True
    )
    op.add_column("scores", sa.Column("revision", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.add_column("items", sa.Column("key_policy", sa.String(16), nullable=True))
    op.add_column("items", sa.Column("keys", sa.JSON, nullable=True))
    op.add_column("items", sa.Column("award", sa.String(16), nullable=False, server_default=sa.text("'normal'")))
    op.add_column("items", sa.Column("revision", sa.Integer, nullable=False, server_default=sa.text("0")))
    create_grades()
    create_regrades()
    create_drafts()
    forbid_changes()


def create_grades() -> None:
    op.create_table(
        "grades",
        sa.Column("item_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("score", sa.Double, nullable=True),
        sa.Column("raw_share", sa.Double, nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("counted_attempt", ID, nullable=True),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("overridden", sa.Boolean, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("last_activity", INSTANT, nullable=True),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("status IN ('graded', 'waiting', 'void')", name=op.f("ck_grades_status")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_grades_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_grades_person_id")),
        sa.PrimaryKeyConstraint("item_id", "person_id", name=op.f("pk_grades")),
    )
    op.create_index(op.f("ix_grades_person_id"), "grades", ["person_id"])
    op.create_table(
        "overrides",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("item_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("points", sa.Double, nullable=True),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("by", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("points >= 0", name=op.f("ck_overrides_points")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_overrides_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_overrides_person_id")),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name=op.f("fk_overrides_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overrides")),
    )
    op.create_index(op.f("ix_overrides_item_id_person_id_id"), "overrides", ["item_id", "person_id", "id"])


def create_regrades() -> None:
    op.create_table(
        "item_revisions",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("item_id", ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("restores", sa.Integer, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", ID, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_item_revisions_item_id")),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_item_revisions_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_revisions")),
        sa.UniqueConstraint("item_id", "number", name=op.f("uq_item_revisions_item_id_number")),
    )
    op.create_table(
        "regrades",
        sa.Column("id", ID, nullable=False),
        sa.Column("assignment_id", ID, nullable=False),
        sa.Column("item_id", ID, nullable=False),
        sa.Column("from_revision", sa.Integer, nullable=False),
        sa.Column("to_revision", sa.Integer, nullable=False),
        sa.Column("undone_by", sa.Integer, nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("by", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("summary", sa.JSON, nullable=False),
        sa.CheckConstraint("state IN ('applying', 'applied', 'undoing', 'undone')", name=op.f("ck_regrades_state")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_regrades_assignment_id")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_regrades_item_id")),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name=op.f("fk_regrades_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regrades")),
    )
    op.create_index(op.f("ix_regrades_assignment_id_id"), "regrades", ["assignment_id", "id"])
    op.create_index(op.f("ix_regrades_item_id_id"), "regrades", ["item_id", "id"])


def create_drafts() -> None:
    op.create_table(
        "drafts",
        sa.Column("item_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("answers", sa.JSON, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_drafts_item_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_drafts_person_id")),
        sa.PrimaryKeyConstraint("item_id", "person_id", name=op.f("pk_drafts")),
    )
    op.create_index(op.f("ix_drafts_person_id"), "drafts", ["person_id"])


def forbid_changes() -> None:
    """`refuse_change` came with 0001."""
    for table in APPEND_ONLY:
        if op.get_bind().dialect.name == "sqlite":
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        else:
            op.execute(
                f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )


def downgrade() -> None:
    for table in ("drafts", "regrades", "item_revisions", "overrides", "grades"):
        op.drop_table(table)
    for column in ("revision", "award", "keys", "key_policy"):
        op.drop_column("items", column)
    op.drop_column("scores", "revision")
    op.drop_index(op.f("ix_attempts_item_id_person_id_number"), "attempts")
    for column in ("digest", "number", "item_id"):
        op.drop_column("attempts", column)
