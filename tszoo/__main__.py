"""``python -m tszoo``."""

from tszoo.cli import main

main()
