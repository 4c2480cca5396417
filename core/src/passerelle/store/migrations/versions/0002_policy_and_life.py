"""The expense policy's verdicts and the life of a report. There is no way back but the backup made before it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_REPORT = ("approval_steps",)
_EXPENSE = ("mileage", "computed", "declared_at", "blocked", "covered", "entity_covered", "control_reason")
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for column in (
        sa.Column("submitted_at", sa.String(), nullable=True),
        sa.Column("approval_steps", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("ended_at", sa.String(), nullable=True),
    ):
        op.add_column("report", column)
    op.create_index("report_of_employee", "report", ["entity_id", "employee_id"])
    for column in (
        sa.Column("mileage", sa.String(), nullable=False, server_default=""),
        sa.Column("computed", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("declared_at", sa.String(), nullable=False, server_default=""),
        sa.Column("verdicts", sa.String(), nullable=True),
        sa.Column("blocked", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("covered", _BIG, nullable=False, server_default="0"),
        sa.Column("entity_covered", _BIG, nullable=False, server_default="0"),
        sa.Column("controlled_at", sa.String(), nullable=True),
        sa.Column("control_cover", _BIG, nullable=True),
        sa.Column("control_reason", sa.String(), nullable=False, server_default=""),
        sa.Column("granted", _BIG, nullable=True),
    ):
        op.add_column("expense", column)
    # what was declared before there was a policy is covered whole, judged, and stands where it was declared
    op.execute("UPDATE report SET submitted_at = declared_at")
    op.execute("UPDATE report SET approval_steps = 1 WHERE approval = 'approved'")
    op.execute(
        "UPDATE expense SET covered = gross, entity_covered = entity_gross, verdicts = '[]',"
        " declared_at = (SELECT r.declared_at FROM report r WHERE r.id = expense.report_id)"
    )
    # the defaults were for the rows that were there; SQLite makes the tables anew for that
    for table, names in (("report", _REPORT), ("expense", _EXPENSE)):
        with op.batch_alter_table(table) as batch:
            for name in names:
                batch.alter_column(name, server_default=None)
    op.create_table(
        "judging_due",
        sa.Column("entity_id", _BIG, nullable=False),
        sa.Column("employee_id", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "employee_id"),
    )
    op.create_table(
        "report_event",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("report_id", _BIG, nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    # what reports say of themselves becomes their first events; who approved or controlled one was not kept
    for act, at, detail in (
        ("declare", "declared_at", ""),
        ("submit", "submitted_at", ""),
        ("approve", "approved_at", "before acts were kept"),
        ("control", "controlled_at", "before acts were kept"),
    ):
        op.execute(
            "INSERT INTO report_event (report_id, at, actor, act, revision, detail, reason) "
            f"SELECT id, {at}, source, '{act}', revision, '{detail}', '' FROM report WHERE {at} IS NOT NULL ORDER BY id"
        )
    op.create_index(op.f("ix_report_event_report_id"), "report_event", ["report_id"])
