"""Telling partners what was released: numbered for each subscription, through three doors."""
