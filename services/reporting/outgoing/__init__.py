"""Requests that leave for addresses which somebody entered: partners' endpoints, and other authorities' feeds."""
