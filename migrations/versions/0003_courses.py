"""Courses, enrolments, invitations, assignments, items, extensions."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
KEY = sa.String(36)
TABLES = ("courses", "enrolments", "invitations", "assignments", "items", "extensions", "unlocks")


def upgrade() -> None:
    op.create_table(
        "courses",
        sa.Column("id", KEY, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("pass_mark", sa.Double, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", KEY, nullable=False),
        sa.Column("archived_at", INSTANT, nullable=True),
        sa.CheckConstraint("pass_mark >= 0 AND pass_mark <= 1", name=op.f("ck_courses_pass_mark")),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_courses_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courses")),
    )
    op.create_table(
        "enrolments",
        sa.Column("id", KEY, nullable=False),
        sa.Column("course_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("section", sa.String(64), nullable=True),
        sa.Column("student_number", sa.String(64), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint("role IN ('student', 'assistant', 'instructor')", name=op.f("ck_enrolments_role")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_enrolments_course_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_enrolments_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolments")),
        sa.UniqueConstraint("course_id", "person_id", name=op.f("uq_enrolments_course_id_person_id")),
    )
    op.create_index(op.f("ix_enrolments_course_id_id"), "enrolments", ["course_id", "id"])
    op.create_index(op.f("ix_enrolments_person_id"), "enrolments", ["person_id"])
    op.create_table(
        "invitations",
        sa.Column("id", KEY, nullable=False),
        sa.Column("course_id", KEY, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("section", sa.String(64), nullable=True),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", KEY, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("max_uses", sa.Integer, nullable=True),
        sa.Column("uses", sa.Integer, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.CheckConstraint("role IN ('student', 'assistant', 'instructor')", name=op.f("ck_invitations_role")),
        sa.CheckConstraint("uses >= 0 AND (max_uses IS NULL OR uses <= max_uses)", name=op.f("ck_invitations_uses")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_invitations_course_id")),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_invitations_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    op.create_index(op.f("ix_invitations_course_id_id"), "invitations", ["course_id", "id"])
    create_assignments()
    op.create_table(
        "items",
        sa.Column("id", KEY, nullable=False),
        sa.Column("assignment_id", KEY, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("problem", sa.String(64), nullable=False),
        sa.Column("form", sa.String(16), nullable=False),
        sa.Column("points", sa.Double, nullable=False),
        sa.Column("scoring", sa.String(16), nullable=True),
        sa.Column("tolerance", sa.JSON, nullable=True),
        sa.Column("seed_mode", sa.String(16), nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=True),
        sa.Column("pool", sa.JSON, nullable=True),
        sa.CheckConstraint("form IN ('open', 'choice')", name=op.f("ck_items_form")),
        sa.CheckConstraint("points >= 0", name=op.f("ck_items_points")),
        sa.CheckConstraint("seed_mode IN ('fixed', 'per-student', 'shared', 'pool')", name=op.f("ck_items_seed_mode")),
        sa.CheckConstraint("(seed_mode = 'fixed') = (seed IS NOT NULL)", name=op.f("ck_items_seed")),
        sa.CheckConstraint("(seed_mode = 'pool') = (pool IS NOT NULL)", name=op.f("ck_items_pool")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_items_assignment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_items")),
    )
    op.create_index(op.f("ix_items_assignment_id_position"), "items", ["assignment_id", "position"])
    op.create_table(
        "extensions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("assignment_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=True),
        sa.Column("section", sa.String(64), nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("closes_at", INSTANT, nullable=True),
        sa.Column("extra_attempts", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", KEY, nullable=False),
        sa.CheckConstraint("(person_id IS NULL) <> (section IS NULL)", name=op.f("ck_extensions_whose")),
        sa.CheckConstraint("extra_attempts >= 0", name=op.f("ck_extensions_extra_attempts")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_extensions_assignment_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_extensions_person_id")),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_extensions_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extensions")),
        sa.UniqueConstraint("assignment_id", "person_id", name=op.f("uq_extensions_assignment_id_person_id")),
        sa.UniqueConstraint("assignment_id", "section", name=op.f("uq_extensions_assignment_id_section")),
    )
    op.create_table(
        "unlocks",
        sa.Column("assignment_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_unlocks_assignment_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_unlocks_person_id")),
        sa.PrimaryKeyConstraint("assignment_id", "person_id", name=op.f("pk_unlocks")),
    )


def create_assignments() -> None:
    op.create_table(
        "assignments",
        sa.Column("id", KEY, nullable=False),
        sa.Column("course_id", KEY, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("instructions", sa.Text, nullable=False),
        sa.Column("opens_at", INSTANT, nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("closes_at", INSTANT, nullable=True),
        sa.Column("attempts_allowed", sa.Integer, nullable=True),
        sa.Column("counting", sa.String(16), nullable=False),
        sa.Column("attempt_penalty", sa.Double, nullable=False),
        sa.Column("late_per_day", sa.Double, nullable=False),
        sa.Column("key_policy", sa.String(16), nullable=False),
        sa.Column("release", sa.JSON, nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=True),
        sa.Column("seed_secret", sa.LargeBinary, nullable=False),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("counting IN ('best', 'last', 'first', 'average')", name=op.f("ck_assignments_counting")),
        sa.CheckConstraint(
            "key_policy IN ('published', 'corrected', 'either')", name=op.f("ck_assignments_key_policy")
        ),
        sa.CheckConstraint(
            "attempts_allowed IS NULL OR attempts_allowed >= 1", name=op.f("ck_assignments_attempts_allowed")
        ),
        sa.CheckConstraint(
            "attempt_penalty >= 0 AND attempt_penalty <= 1", name=op.f("ck_assignments_attempt_penalty")
        ),
        sa.CheckConstraint("late_per_day >= 0 AND late_per_day <= 1", name=op.f("ck_assignments_late_per_day")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_assignments_course_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_course_id_id"), "assignments", ["course_id", "id"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
