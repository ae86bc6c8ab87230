"""Everything that the audit service offers over HTTP, area by area."""

from __future__ import annotations

from fastapi import APIRouter

from services.audit.api import audit_routers
from services.audit.comparing.api import comparing_routers
from services.audit.following_up.api import following_up_routers
from services.audit.learning.api import learning_routers
from services.audit.programme.api import programme_routers
from services.audit.reactions import intake_types
from services.audit.sampling.api import sampling_routers
from services.audit.sampling.intake import involvement_types
from services.audit.showing import Narratives
from services.audit.work import Work
from shared.web.access_log import AccessLog
from shared.web.desk import Desk
from shared.web.intake import intake_router
from shared.web.policy import AUDIT


def every_router(work: Work, desk: Desk, access_log: AccessLog) -> list[APIRouter]:
    taken_in = {**intake_types(work), **involvement_types(work)}
    return [
        *audit_routers(work, desk, Narratives(work, access_log)),
        *programme_routers(work, desk),
        *sampling_routers(work, desk, access_log),
        *comparing_routers(work, desk, access_log),
        *following_up_routers(work, desk, access_log),
        *learning_routers(work, desk, access_log),
        intake_router(taken_in, store=work.store, desk=desk, resource=AUDIT, clock=work.clock),
    ]
