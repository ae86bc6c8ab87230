"""The pages of reporting. `app.py` adds `router(templates, ...)` and, after the problems, `install_error_pages`."""

from services.reporting.dashboard.errors import install_error_pages
from services.reporting.dashboard.pages import router
from services.reporting.dashboard.status import ModelStatus, ReadStatus, status_in
from services.reporting.dashboard.templating import Templates

__all__ = ["ModelStatus", "ReadStatus", "Templates", "install_error_pages", "router", "status_in"]
