"""The chassis's tables.

Revision: 0001
Follows: nothing
"""

from bulkhead.persistence import chassis_v1

revision = "0001"
down_revision = None


def upgrade() -> None:
    chassis_v1.create()


def downgrade() -> None:
    chassis_v1.drop()
