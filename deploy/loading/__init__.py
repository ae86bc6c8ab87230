"""Bringing records in from outside: published inspection outcomes, and synthetic records for a demonstration."""
