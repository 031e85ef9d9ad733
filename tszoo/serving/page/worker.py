"""The process behind the page: does one job for one work, and says how far it is."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from pathlib import Path

from tszoo.errors import TszooError
from tszoo.serving.page.desktop import Desktop
from tszoo.serving.page.jobs import read_job
from tszoo.serving.page.reading import by_name
from tszoo.serving.page.tasks.actions import ACTIONS
from tszoo.serving.page.work import Work

# below what people do on the same machine
NICE = 5


def main(folder: str) -> None:
    """Do the job that is written in a work's folder."""
    if hasattr(os, "nice"):
        os.nice(NICE)
    work = Work(Path(folder))
    job = read_job(work)
    if job is None:  # the work was deleted meanwhile
        return
    desktop = Desktop(work, job)
    threading.Thread(target=desktop.listen, daemon=True).start()
    try:
        ACTIONS[job.action](desktop, **job.options)
    except KeyboardInterrupt:
        desktop.end("cancelled")
    except TszooError as error:
        desktop.end("failed", by_name(work, str(error)))
    except Exception as error:  # whoever looks at the page must hear of it
        traceback.print_exc()
        desktop.end("failed", f"tszoo itself has failed: {type(error).__name__}.")
    else:
        desktop.end("done")


if __name__ == "__main__":
    main(sys.argv[1])
