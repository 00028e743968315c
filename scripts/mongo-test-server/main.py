"""A server for tests that speaks MongoDB's wire protocol, with sessions and transactions, in memory.

    main.py [--port N] [--port-file FILE] [--detached] [--replica-set NAME] [--plain]

It listens on 127.0.0.1, prints one line, `Listening on mongodb://127.0.0.1:PORT`, and keeps nothing when it ends. That
is on SIGTERM, on SIGINT, and when the process that started it is gone, unless --detached is given.
"""

import argparse
import asyncio
import gc
import os
import signal
import sys

import strict_wire as strict
from mongoeco.engines.memory import MemoryEngine
from mongoeco.wire import AsyncMongoEcoProxyServer

# How long a server may outlive the process that started it, in seconds.
ORPHAN_CHECK_SECONDS = 0.5


def arguments():
    parser = argparse.ArgumentParser(prog="mongo-test-server.sh serve", description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, default=0, help="the port; 0, the default, lets the system choose")
    parser.add_argument("--port-file", metavar="FILE", help="where to write the port, once the server listens")
    parser.add_argument("--replica-set", metavar="NAME", help="greet as the primary of a replica set of one")
    parser.add_argument(
        "--transaction-lifetime", type=float, default=60, metavar="S", help="abort transactions that are older (60)"
    )
    parser.add_argument(
        "--plain", action="store_true", help="mongoeco as it is published, without strict_engine.py and strict_wire.py"
    )
    parser.add_argument("--detached", action="store_true", help="outlive the process that started this one")
    parser.add_argument("--parent", type=int, default=os.getppid(), help=argparse.SUPPRESS)
    return parser.parse_args()


def write_whole(path, text):
    """Writes a file so that a reader sees all of it or none."""
    part = f"{path}.{os.getpid()}.part"
    with open(part, "w") as file:
        file.write(text)
    os.replace(part, path)


async def wait_for_end(options):
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    while not ended.is_set():
        # Not PR_SET_PDEATHSIG: that signal comes when the *thread* that started this process ends.
        if not options.detached and os.getppid() != options.parent:
            return
        try:
            await asyncio.wait_for(ended.wait(), ORPHAN_CHECK_SECONDS)
        except TimeoutError:
            pass


async def serve(options):
    if options.plain:
        server = AsyncMongoEcoProxyServer(engine=MemoryEngine(), host="127.0.0.1", port=options.port)
    else:
        server = strict.make_server("127.0.0.1", options.port)
    try:
        address = await server.start()
    except OSError as error:
        print(f"mongo-test-server: port {options.port} can't be had: {error.strerror}", file=sys.stderr)
        return 1
    # What is loaded by now lives as long as the process; the collector need not look at it again and again.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    if options.replica_set:
        strict.pretend_replica_set(options.replica_set, f"127.0.0.1:{address.port}")
    if options.port_file:
        write_whole(options.port_file, f"{address.port}\n")
    print(f"Listening on mongodb://127.0.0.1:{address.port}", flush=True)
    sweeper = None
    if not options.plain:
        sweeper = asyncio.create_task(strict.abort_old_transactions(server, options.transaction_lifetime))
    await wait_for_end(options)
    if sweeper:
        sweeper.cancel()
    await server.close()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(serve(arguments())))
