"""``python -m planner`` is ``plugsure``."""

from planner.faces.cli import main

if __name__ == "__main__":
    main()
