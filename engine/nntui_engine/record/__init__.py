"""Records: runs that last, in one SQLite file each (docs/record.md)."""
