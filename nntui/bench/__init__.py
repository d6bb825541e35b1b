"""``nntui bench``: how fast nntui is here, beside other libraries where they are installed.

Every part is a module of its own with ``measure`` and ``tables``; ``parts.py`` lists them.
"""
