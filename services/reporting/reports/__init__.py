"""The reports of the strategy, each a pure function from sums and rows to tables."""

from services.reporting.reports.agreement import AGREEMENT
from services.reporting.reports.cadence import CADENCE
from services.reporting.reports.four_r import FOUR_R
from services.reporting.reports.monthly import MONTHLY
from services.reporting.reports.re_audits import RE_AUDITS
from services.reporting.reports.report import Registry
from services.reporting.reports.team_view import TEAM_VIEW

REPORTS: Registry = {report.code: report for report in (MONTHLY, RE_AUDITS, FOUR_R, AGREEMENT, TEAM_VIEW, CADENCE)}
"""Every report by its code, in the order in which they are listed."""
