"""LTI: keys, platforms, launches, and the outbox of scores; sessions that may be shown in frames."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
INSTANT = sa.DateTime(timezone=True)
ID = sa.String(36)
DIGEST = sa.String(64)
NAME = sa.String(255)
URL = sa.String(2000)
TABLES = (
    "lti_keys",
    "lti_platforms",
    "lti_deployments",
    "lti_registrations",
    "lti_logins",
    "lti_identities",
    "lti_contexts",
    "lti_links",
    "lti_copies",
    "lti_launches",
    "lti_line_items",
    "lti_scores",
    "lti_roster",
)


def upgrade() -> None:
    op.add_column("sessions", sa.Column("frame_ancestors", sa.String(1000), nullable=True))
    create_platforms()
    create_launches()
    create_services()


def create_platforms() -> None:
    op.create_table(
        "lti_keys",
        sa.Column("kid", sa.String(64), nullable=False),
        sa.Column("private_key", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("retired_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_lti_keys")),
    )
    op.create_table(
        "lti_platforms",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("issuer", NAME, nullable=False),
        sa.Column("client_id", NAME, nullable=False),
        sa.Column("authorization_url", URL, nullable=False),
        sa.Column("token_url", URL, nullable=False),
        sa.Column("token_audience", URL, nullable=True),
        sa.Column("keyset_url", URL, nullable=False),
        sa.Column("product", sa.String(64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("disabled_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_lti_platforms_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_platforms")),
        sa.UniqueConstraint("issuer", "client_id", name=op.f("uq_lti_platforms_issuer_client_id")),
    )
    op.create_table(
        "lti_deployments",
        sa.Column("id", ID, nullable=False),
        sa.Column("platform_id", ID, nullable=False),
        sa.Column("deployment_id", NAME, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["platform_id"], ["lti_platforms.id"], name=op.f("fk_lti_deployments_platform_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_deployments")),
        sa.UniqueConstraint("platform_id", "deployment_id", name=op.f("uq_lti_deployments_platform_id_deployment_id")),
    )
    op.create_table(
        "lti_registrations",
        sa.Column("token_hash", DIGEST, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", ID, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.Column("platform_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_lti_registrations_created_by")),
        sa.ForeignKeyConstraint(["platform_id"], ["lti_platforms.id"], name=op.f("fk_lti_registrations_platform_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_lti_registrations")),
    )


def create_launches() -> None:
    op.create_table(
        "lti_logins",
        sa.Column("state_hash", DIGEST, nullable=False),
        sa.Column("nonce_hash", DIGEST, nullable=False),
        sa.Column("browser_hash", DIGEST, nullable=False),
        sa.Column("storage_target", NAME, nullable=True),
        sa.Column("platform_id", ID, nullable=False),
        sa.Column("target_link_uri", URL, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["platform_id"], ["lti_platforms.id"], name=op.f("fk_lti_logins_platform_id")),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_lti_logins")),
        sa.UniqueConstraint("nonce_hash", name=op.f("uq_lti_logins_nonce_hash")),
    )
    op.create_index(op.f("ix_lti_logins_expires_at"), "lti_logins", ["expires_at"])
    op.create_table(
        "lti_identities",
        sa.Column("issuer", NAME, nullable=False),
        sa.Column("subject", NAME, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_lti_identities_person_id")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_lti_identities")),
    )
    op.create_index(op.f("ix_lti_identities_person_id"), "lti_identities", ["person_id"])
    op.create_table(
        "lti_contexts",
        sa.Column("id", ID, nullable=False),
        sa.Column("deployment_id", ID, nullable=False),
        sa.Column("context_id", NAME, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("course_id", ID, nullable=False),
        sa.Column("memberships_url", URL, nullable=True),
        sa.Column("line_items_url", URL, nullable=True),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["lti_deployments.id"], name=op.f("fk_lti_contexts_deployment_id")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_lti_contexts_course_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_contexts")),
        sa.UniqueConstraint("deployment_id", "context_id", name=op.f("uq_lti_contexts_deployment_id_context_id")),
    )
    op.create_index(op.f("ix_lti_contexts_course_id"), "lti_contexts", ["course_id"])
    op.create_table(
        "lti_links",
        sa.Column("id", ID, nullable=False),
        sa.Column("deployment_id", ID, nullable=False),
        sa.Column("resource_link_id", NAME, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("context_id", ID, nullable=False),
        sa.Column("assignment_id", ID, nullable=True),
        sa.Column("line_item_url", URL, nullable=True),
        sa.Column("line_item_due_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["lti_deployments.id"], name=op.f("fk_lti_links_deployment_id")),
        sa.ForeignKeyConstraint(["context_id"], ["lti_contexts.id"], name=op.f("fk_lti_links_context_id")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_lti_links_assignment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_links")),
        sa.UniqueConstraint(
            "deployment_id", "resource_link_id", name=op.f("uq_lti_links_deployment_id_resource_link_id")
        ),
    )
    op.create_index(op.f("ix_lti_links_assignment_id"), "lti_links", ["assignment_id"])
    op.create_index(op.f("ix_lti_links_context_id"), "lti_links", ["context_id"])
    op.create_index(op.f("ix_lti_links_line_item_due_at"), "lti_links", ["line_item_due_at"])
    op.create_table(
        "lti_copies",
        sa.Column("context_id", ID, nullable=False),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("assignment_id", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["context_id"], ["lti_contexts.id"], name=op.f("fk_lti_copies_context_id")),
        sa.ForeignKeyConstraint(["source_id"], ["assignments.id"], name=op.f("fk_lti_copies_source_id")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_lti_copies_assignment_id")),
        sa.PrimaryKeyConstraint("context_id", "source_id", name=op.f("pk_lti_copies")),
    )
    op.create_table(
        "lti_launches",
        sa.Column("id", ID, nullable=False),
        sa.Column("session_hash", DIGEST, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("deployment_id", ID, nullable=False),
        sa.Column("context_id", ID, nullable=True),
        sa.Column("link_id", ID, nullable=True),
        sa.Column("message_type", sa.String(32), nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("deep_linking", sa.JSON, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "message_type IN ('LtiResourceLinkRequest', 'LtiDeepLinkingRequest')",
            name=op.f("ck_lti_launches_message_type"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_lti_launches_person_id")),
        sa.ForeignKeyConstraint(["deployment_id"], ["lti_deployments.id"], name=op.f("fk_lti_launches_deployment_id")),
        sa.ForeignKeyConstraint(["context_id"], ["lti_contexts.id"], name=op.f("fk_lti_launches_context_id")),
        sa.ForeignKeyConstraint(["link_id"], ["lti_links.id"], name=op.f("fk_lti_launches_link_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_launches")),
    )
    op.create_index(op.f("ix_lti_launches_expires_at"), "lti_launches", ["expires_at"])
    op.create_index(op.f("ix_lti_launches_person_id"), "lti_launches", ["person_id"])
    op.create_index(op.f("ix_lti_launches_session_hash"), "lti_launches", ["session_hash"])


def create_services() -> None:
    op.create_table(
        "lti_line_items",
        sa.Column("id", ID, nullable=False),
        sa.Column("platform_id", ID, nullable=False),
        sa.Column("link_id", ID, nullable=True),
        sa.Column("assignment_id", ID, nullable=False),
        sa.Column("url", URL, nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["platform_id"], ["lti_platforms.id"], name=op.f("fk_lti_line_items_platform_id")),
        sa.ForeignKeyConstraint(["link_id"], ["lti_links.id"], name=op.f("fk_lti_line_items_link_id")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_lti_line_items_assignment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_line_items")),
        sa.UniqueConstraint("platform_id", "url", name=op.f("uq_lti_line_items_platform_id_url")),
    )
    op.create_index(op.f("ix_lti_line_items_assignment_id"), "lti_line_items", ["assignment_id"])
    op.create_index(op.f("ix_lti_line_items_link_id"), "lti_line_items", ["link_id"])
    op.create_table(
        "lti_scores",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("line_item_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("subject", NAME, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("sent_generation", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("leased_by", sa.String(64), nullable=True),
        sa.Column("last_timestamp", INSTANT, nullable=True),
        sa.Column("last_score", sa.Double, nullable=True),
        sa.Column("last_max", sa.Double, nullable=True),
        sa.Column("final", sa.Boolean, nullable=False),
        sa.Column("last_error", sa.String(500), nullable=True),
        sa.Column("last_status", sa.Integer, nullable=True),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("state IN ('pending', 'held', 'sent', 'failed')", name=op.f("ck_lti_scores_state")),
        sa.ForeignKeyConstraint(["line_item_id"], ["lti_line_items.id"], name=op.f("fk_lti_scores_line_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_lti_scores_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_scores")),
        sa.UniqueConstraint("line_item_id", "person_id", name=op.f("uq_lti_scores_line_item_id_person_id")),
    )
    op.create_index(op.f("ix_lti_scores_person_id"), "lti_scores", ["person_id"])
    op.create_index(op.f("ix_lti_scores_state_due_at"), "lti_scores", ["state", "due_at"])
    op.create_table(
        "lti_roster",
        sa.Column("context_id", ID, nullable=False),
        sa.Column("subject", NAME, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["context_id"], ["lti_contexts.id"], name=op.f("fk_lti_roster_context_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_lti_roster_person_id")),
        sa.PrimaryKeyConstraint("context_id", "subject", name=op.f("pk_lti_roster")),
    )
    op.create_index(op.f("ix_lti_roster_person_id"), "lti_roster", ["person_id"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("sessions", "frame_ancestors")
