"""The reports of the strategy, each a pure function from sums and rows to tables."""

from services.reporting.reports.grades_by_unit import GRADES_BY_UNIT
from services.reporting.reports.report import Registry

REPORTS: Registry = {report.code: report for report in (GRADES_BY_UNIT,)}
"""Every report by its code, in the order in which they are listed."""
