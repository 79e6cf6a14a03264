"""Accounts: what a person needs to sign in, sessions, API tokens, sign-in links, the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
INSTANT = sa.DateTime(timezone=True)
DIGEST = sa.String(64)
PERSON = sa.String(36)
ADDED = ("name", "email", "password_hash", "is_admin", "disabled_at", "claimed_by")


def upgrade() -> None:
    # SQLite adds a column without copying the table, and its reference only as a part of the column.
    op.add_column("people", sa.Column("name", sa.String(200), nullable=False, server_default=sa.text("''")))
    op.add_column("people", sa.Column("email", sa.String(254), nullable=True))
    op.add_column("people", sa.Column("password_hash", sa.String(200), nullable=True))
    op.add_column("people", sa.Column("is_admin", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("people", sa.Column("disabled_at", INSTANT, nullable=True))
    # Written out, since Alembic forgets the name of a reference inside a column.
    reference = "CONSTRAINT fk_people_claimed_by REFERENCES people (id)"
    op.execute(f"ALTER TABLE people ADD COLUMN claimed_by VARCHAR(36) {reference}")
    op.create_index(op.f("ix_people_email"), "people", ["email"], unique=True)
    op.create_index(op.f("ix_people_claimed_by"), "people", ["claimed_by"])
    create_doors()
    op.create_table(
        "audit_log",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_id", PERSON, nullable=True),
        sa.Column("course_id", sa.String(36), nullable=True),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Column("previous_hash", DIGEST, nullable=False),
        sa.Column("hash", DIGEST, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_audit_log_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index(op.f("ix_audit_log_course_id_id"), "audit_log", ["course_id", "id"])
    op.create_index(op.f("ix_audit_log_previous_hash"), "audit_log", ["previous_hash"], unique=True)
    forbid_changes()


def create_doors() -> None:
    op.create_table(
        "sessions",
        sa.Column("id_hash", DIGEST, nullable=False),
        sa.Column("person_id", PERSON, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("user_agent", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sessions_person_id")),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_person_id"), "sessions", ["person_id"])
    op.create_index(op.f("ix_sessions_expires_at"), "sessions", ["expires_at"])
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("person_id", PERSON, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("secret_hash", DIGEST, nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_api_tokens_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
    )
    op.create_index(op.f("ix_api_tokens_person_id"), "api_tokens", ["person_id"])
    op.create_table(
        "sign_in_links",
        sa.Column("token_hash", DIGEST, nullable=False),
        sa.Column("person_id", PERSON, nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.CheckConstraint("purpose IN ('setup', 'invitation', 'reset')", name=op.f("ck_sign_in_links_purpose")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sign_in_links_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_links")),
    )
    op.create_index(op.f("ix_sign_in_links_person_id"), "sign_in_links", ["person_id"])


def forbid_changes() -> None:
    """The audit log is append-only by the database's own word; `refuse_change` came with 0001."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_log_no_{verb.lower()} BEFORE {verb} ON audit_log "
                "BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    for table in ("audit_log", "sign_in_links", "api_tokens", "sessions"):
        op.drop_table(table)
    op.drop_index(op.f("ix_people_claimed_by"), "people")
    op.drop_index(op.f("ix_people_email"), "people")
    # SQLite copies the table here, and Alembic does not see its checks.
    kind = sa.CheckConstraint("kind IN ('guest', 'user')", name=op.f("ck_people_kind"))
    with op.batch_alter_table("people", table_args=[kind]) as batch:
        for column in ADDED:
            batch.drop_column(column)
