"""A course, who takes part in it, and what is set in it.

    courses ◄── enrolments ──► people          assignments ◄── items        what is asked, in order
       ▲                                            ▲  ▲
       ├── invitations                              │  └── extensions       more time for one person or one section
       └── assignments                              └── unlocks             who has given the assignment's password

Each setting stands in a column of its own, so that a grade can be derived from it again. Nothing of a course is deleted
once somebody has answered in it: courses are archived, enrolments end, invitations are revoked.
"""

from datetime import datetime
from typing import Any, Literal, TypeAlias

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Person
from app.core.models import UUID_TEXT, Base

Role: TypeAlias = Literal["student", "assistant", "instructor"]
Counting: TypeAlias = Literal["best", "last", "first", "average"]
SeedMode: TypeAlias = Literal["fixed", "per-student", "shared", "pool"]
Moment: TypeAlias = Literal["at-once", "after-last-attempt", "after-due", "never"]
"""When something about an attempt is shown to its student."""

RELEASED = ("correctness", "diagnosis", "key", "solution")
"""What `Assignment.release` says a `Moment` for."""


class Course(Base):
    """`time_zone` is a name of the IANA database: local times of the course are told and set in it.

    `pass_mark` is the share of all points (0 to 1) from which a course counts as passed.
    """

    __tablename__ = "courses"
    __table_args__ = (CheckConstraint("pass_mark >= 0 AND pass_mark <= 1", name="pass_mark"),)

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    time_zone: Mapped[str] = mapped_column(String(64))
    pass_mark: Mapped[float]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(ForeignKey(Person.id))
    archived_at: Mapped[datetime | None]


class Enrolment(Base):
    """A person's part in a course. It ends, and may begin again, in the same row, so that a person counts once."""

    __tablename__ = "enrolments"
    __table_args__ = (
        CheckConstraint("role IN ('student', 'assistant', 'instructor')", name="role"),
        UniqueConstraint("course_id", "person_id"),
        Index(None, "course_id", "id"),
    )

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    course_id: Mapped[str] = mapped_column(ForeignKey(Course.id))
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), index=True)
    role: Mapped[str] = mapped_column(String(16))
    section: Mapped[str | None] = mapped_column(String(64))
    student_number: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Invitation(Base):
    """A link by which people enrol themselves. Its secret is shown once; here lies its SHA-256.

    With `email` it is for the account of that address alone. `max_uses` is None for any number.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("role IN ('student', 'assistant', 'instructor')", name="role"),
        CheckConstraint("uses >= 0 AND (max_uses IS NULL OR uses <= max_uses)", name="uses"),
        Index(None, "course_id", "id"),
    )

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    course_id: Mapped[str] = mapped_column(ForeignKey(Course.id))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    section: Mapped[str | None] = mapped_column(String(64))
    email: Mapped[str | None] = mapped_column(String(254))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(ForeignKey(Person.id))
    expires_at: Mapped[datetime]
    max_uses: Mapped[int | None]
    uses: Mapped[int]
    revoked_at: Mapped[datetime | None]


class Assignment(Base):
    """Items with the rules under which they are answered and counted.

    - `opens_at`, `due_at`, `closes_at`: instants, in this order; None is without a limit. See `app.courses.deadlines`.
    - `attempts_allowed`: for each item; None for any number. `counting` says which of them makes the grade.
    - `attempt_penalty`: share of the points (0 to 1) lost for each attempt before; `late_per_day`: for each late day.
    - `release`: a `Moment` for each of `RELEASED`.
    - `seed_secret`: what seeds are dealt from; it never leaves the server.
    - `version` rises with every change, so that two editors do not undo each other's work unawares.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        CheckConstraint("counting IN ('best', 'last', 'first', 'average')", name="counting"),
        CheckConstraint("key_policy IN ('published', 'corrected', 'either')", name="key_policy"),
        CheckConstraint("attempts_allowed IS NULL OR attempts_allowed >= 1", name="attempts_allowed"),
        CheckConstraint("attempt_penalty >= 0 AND attempt_penalty <= 1", name="attempt_penalty"),
        CheckConstraint("late_per_day >= 0 AND late_per_day <= 1", name="late_per_day"),
        Index(None, "course_id", "id"),
    )

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    course_id: Mapped[str] = mapped_column(ForeignKey(Course.id))
    title: Mapped[str] = mapped_column(String(200))
    instructions: Mapped[str] = mapped_column(Text)
    opens_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    attempts_allowed: Mapped[int | None]
    counting: Mapped[str] = mapped_column(String(16))
    attempt_penalty: Mapped[float]
    late_per_day: Mapped[float]
    key_policy: Mapped[str] = mapped_column(String(16))
    release: Mapped[dict[str, Any]]
    password_hash: Mapped[str | None] = mapped_column(String(255))
    seed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    published_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int]


class Item(Base):
    """One exercise of an assignment: which problem, in which form, for how many points, with which numbers.

    - `scoring`: overrides how several chosen options are scored (`problems.answers.Scoring`); None leaves it.
    - `tolerance`: `{"kind": …, "value": …}` overrides how near a number must come (`problems.tolerance`), or None.
    - `seed_mode`: see `app.courses.dealing`. `seed` belongs to "fixed" alone, `pool`, a list of seeds, to "pool" alone.

    A regrade (`app.attempts.regrade`) is the only one to set these, and to change points, scoring and tolerance of an
    item that has been answered:

    - `key_policy`: overrides the assignment's. `keys`: `{seed: {field: value}}`, what counts as right instead.
    - `award`: "void" counts the item for nobody, "full" gives everybody its points; else "normal".
    - `revision`: how often the settings have been changed since the first answer.
    """

    __tablename__ = "items"
    __table_args__ = (
        CheckConstraint("form IN ('open', 'choice')", name="form"),
        CheckConstraint("points >= 0", name="points"),
        CheckConstraint("seed_mode IN ('fixed', 'per-student', 'shared', 'pool')", name="seed_mode"),
        CheckConstraint("(seed_mode = 'fixed') = (seed IS NOT NULL)", name="seed"),
        CheckConstraint("(seed_mode = 'pool') = (pool IS NOT NULL)", name="pool"),
        Index(None, "assignment_id", "position"),
    )

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    assignment_id: Mapped[str] = mapped_column(ForeignKey(Assignment.id))
    position: Mapped[int]
    problem: Mapped[str] = mapped_column(String(64))
    form: Mapped[str] = mapped_column(String(16))
    points: Mapped[float]
    scoring: Mapped[str | None] = mapped_column(String(16))
    # None is SQL's NULL in these two, which the constraints ask for, and not JSON's null.
    tolerance: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    seed_mode: Mapped[str] = mapped_column(String(16))
    seed: Mapped[int | None] = mapped_column(BigInteger)
    pool: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    key_policy: Mapped[str | None] = mapped_column(String(16))
    keys: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    award: Mapped[str] = mapped_column(String(16), server_default=text("'normal'"))
    revision: Mapped[int] = mapped_column(server_default=text("0"))


class Extension(Base):
    """Other dates, or more attempts, for one person or for one section. None leaves a date as it is."""

    __tablename__ = "extensions"
    __table_args__ = (
        CheckConstraint("(person_id IS NULL) <> (section IS NULL)", name="whose"),
        CheckConstraint("extra_attempts >= 0", name="extra_attempts"),
        UniqueConstraint("assignment_id", "person_id"),
        UniqueConstraint("assignment_id", "section"),
    )

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    assignment_id: Mapped[str] = mapped_column(ForeignKey(Assignment.id))
    person_id: Mapped[str | None] = mapped_column(ForeignKey(Person.id))
    section: Mapped[str | None] = mapped_column(String(64))
    due_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    extra_attempts: Mapped[int]
    reason: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(ForeignKey(Person.id))


class Unlock(Base):
    """The person has given the assignment's password; another password asks everybody again."""

    __tablename__ = "unlocks"

    assignment_id: Mapped[str] = mapped_column(ForeignKey(Assignment.id), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), primary_key=True)
    created_at: Mapped[datetime]
