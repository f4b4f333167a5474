# SPDX-License-Identifier: Apache-2.0
"""The application, in a process of its own that may be killed: python3 -m harecon_lab.load SETTINGS

SETTINGS is a JSON object, see `harecon_lab.application`. It writes until its standard input ends, and finishes what it
has begun. For the client in Swift it is another program, `lab-load` of ../SwiftLoad, which does the same.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
import traceback
from pathlib import Path

from harecon_lab.application import Settings
from harecon_lab.bank import transfers
from harecon_lab.clients import CLIENTS
from harecon_lab.journal import Journal, Record

LAST_SECONDS = 60.0
# In reality it has a machine of its own, and takes nothing from the functions that watch over the database.
NICE = 5


def write(settings: Settings) -> None:
    os.nice(NICE)
    stopped = threading.Event()
    journal = Journal(Path(settings.journal))
    unfinished = Record.read(Path(settings.journal)).unfinished
    client = CLIENTS[settings.client](settings, journal, stopped)
    for transfer in unfinished:
        # What a process that was killed has begun.
        client.go_on(transfer)

    def work(writer: int) -> None:
        try:
            for transfer in transfers(settings.run, writer, settings.seed):
                if stopped.wait(random.expovariate(1 / settings.pause)):
                    return
                client.submit(transfer)
        except Exception:
            # Nobody looks at a thread that is gone: the lab sees the process end.
            traceback.print_exc()
            os._exit(1)

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(settings.writers)]
    for thread in threads:
        thread.start()
    sys.stdin.buffer.read()
    stopped.set()
    end = time.monotonic() + LAST_SECONDS
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
        if thread.is_alive():
            # Whoever told it to end may have taken the database away.
            print("the application cannot finish what it has begun", file=sys.stderr, flush=True)
            os._exit(1)
    client.close()


if __name__ == "__main__":
    write(Settings(**json.loads(sys.argv[1])))
