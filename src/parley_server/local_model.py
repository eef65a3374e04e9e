"""Serve the local model by an OpenAI-compatible API: `python -m parley_server.local_model FILE PORT NAME CONTEXT`."""

import os
import signal
import sys

import xllamacpp

ANSWERS_AT_ONCE = 4


def parameters(path: str, port: int, name: str, context: int) -> xllamacpp.CommonParams:
    """Return the options of the server; ``context`` is in tokens, for each of the ANSWERS_AT_ONCE."""
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = [name]
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_parallel = ANSWERS_AT_ONCE
    params.n_ctx = ANSWERS_AT_ONCE * context
    params.cache_ram_mib = 256
    params.ui = params.endpoint_slots = False
    params.verbosity = 1
    return params


def main() -> None:
    """Serve until told to stop, at a lower priority than the other processes."""
    path, port, name, context = sys.argv[1:]
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    os.nice(10)
    server = xllamacpp.Server(parameters(path, int(port), name, int(context)))
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    del server
    os._exit(0)


if __name__ == "__main__":
    main()
