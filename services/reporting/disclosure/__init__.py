"""Disclosure control: which counts may be shown, so that no small one can be worked out from all that was ever shown.

Pure functions over numbers. `sums` says what is known of cells, `bounds` what follows for one of them, `audit` whether
that is safe, `protecting` what has to be hidden; `grades` are the tables that authorities share, and `family` is all
that was ever shown of one financial quarter. docs/decisions/0018 says what is assumed and why.
"""
