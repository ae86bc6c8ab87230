"""The pages about what is shared: the alliance's figures, an authority's releases, a partner's subscriptions."""

from __future__ import annotations

from fastapi import APIRouter

from services.reporting.alliance.answering import RegionalViews
from services.reporting.dashboard import alliance, partners, releases
from services.reporting.dashboard.forms import Forms
from services.reporting.dashboard.templating import Templates
from services.reporting.publishing import tell
from services.reporting.sharing.installed import InstalledSharing
from shared.web.desk import Desk
from shared.web.policy import Policy


def routers(templates: Templates, sharing: InstalledSharing, views: RegionalViews, policy: Policy) -> list[APIRouter]:
    releasing = sharing.releasing
    forms = Forms(Desk("reporting", tell, releasing.clock), releasing.secret)
    return [
        alliance.router(templates, views),
        releases.router(templates, releasing, sharing.releases, policy, forms),
        partners.router(templates, sharing.hooks.webhooks, forms),
    ]
