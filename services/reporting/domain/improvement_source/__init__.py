"""An improvement source: another authority's Golden Thread, and the authorities that it may speak for."""
