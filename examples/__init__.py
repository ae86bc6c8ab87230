"""Programs for partner authorities, one file each: copy the one you need."""
