"""The pages of reporting. `app.py` adds `pages.router(templates, ...)` and, after the problems, the error pages."""
