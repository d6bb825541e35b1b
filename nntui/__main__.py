"""``python -m nntui`` is the ``nntui`` command."""

from nntui.cli import main

if __name__ == "__main__":
    main()
