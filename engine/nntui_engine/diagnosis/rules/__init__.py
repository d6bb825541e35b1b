"""The rules, each a function of a :class:`Case` that returns a finding or None."""
