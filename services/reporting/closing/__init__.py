"""Closing periods: snapshots of all reports, named by hash, and what differs from them later."""
