#!/usr/bin/env python3
"""run - the benchmark: builds what it needs, measures each server, writes bench/RESULTS.md.

    bench/run.py [--quick] [--only=NAME,NAME] [--build=DIR] [--pairs=N] [--seconds=S]
                 [--no-memory] [--ahead] [--features] [--templates] [--output=FILE]

--features measures nothing but the web layer's features (features.py), --templates nothing but the
rendering of templates (templates.py), --client nothing but HTTP clients (clients.py), --reload nothing but
the time from a save to the reloaded page (reload.py), --wsgi nothing but Flask beside gunicorn (wsgi.py). A whole run writes
bench/RESULTS.md; a --quick or --only run prints its tables instead, unless
--output says where. Everything it starts is pinned, bounded in time, and ended by it.
"""
# SPDX-License-Identifier: MIT
import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import clients
import features
import measure
import reload
import report
import servers
import templates
import tls
import websocket
import wsgi

ROOT = os.path.dirname(servers.HERE)
TARGETS = ["raw_server", "load"]
GALE_TARGETS = ["wait_server", "coro", "features_server", "template", "websocket_raw",
                "websocket_load", "websocket_server", "client", "tls_bench_server", "wsgi_server"]
ALL_LOADS = [(64, 1), (512, 1), (64, 16), (512, 16)]
LIMIT_SECONDS = 2400


def say(text):
    print(text, flush=True)


def options():
    parser = argparse.ArgumentParser(prog="bench/run.py")
    parser.add_argument("--quick", action="store_true", help="few short runs, two loads")
    parser.add_argument("--only", default="", help="rows whose name contains one of these")
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "bench"))
    parser.add_argument("--pairs", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--ahead", action="store_true",
                        help="as root: before all other work, which stalls meanwhile")
    parser.add_argument("--features", action="store_true", help="the web layer's features alone")
    parser.add_argument("--templates", action="store_true", help="rendering templates alone")
    parser.add_argument("--websocket", action="store_true", help="WebSockets alone")
    parser.add_argument("--tls", action="store_true", help="TLS alone, against nginx")
    parser.add_argument("--client", action="store_true", help="HTTP clients alone")
    parser.add_argument("--reload", action="store_true", help="from a save to the reloaded page alone")
    parser.add_argument("--wsgi", action="store_true", help="Flask on gale and on gunicorn alone")
    parser.add_argument("--output", default="")
    args = parser.parse_args()
    args.build = os.path.abspath(args.build)
    args.pairs = args.pairs or (5 if args.quick else 15)
    args.seconds = args.seconds or 0.2
    args.idle = 2000 if args.quick else 19000
    args.waiting = 1000 if args.quick else 10000
    if not (args.output or args.quick or args.only or args.features or args.templates
            or args.websocket or args.client or args.tls or args.wsgi):
        args.output = os.path.join(servers.HERE, "RESULTS.md")
    return args


def build(folder):
    """A release build of its own, and the programs of the benchmark in it."""
    if not os.path.exists(os.path.join(folder, "build.ninja")):
        subprocess.run(["meson", "setup", folder, ROOT, "--buildtype=release", "-Doptimization=2",
                        "-Db_lto=true"], check=True, stdout=subprocess.DEVNULL)
    made = []
    for name in [f"bench/{target}" for target in TARGETS + GALE_TARGETS] + ["examples/helloworld", "gale", "gale-wsgi"]:
        done = subprocess.run(["ninja", "-C", folder, name], capture_output=True, text=True)
        if done.returncode == 0:
            made.append(name)
        else:
            said = (done.stdout + done.stderr).strip().splitlines()
            say(f"not built: {name}: {said[-1] if said else ''}")
    for target in TARGETS:
        if f"bench/{target}" not in made:
            sys.exit(f"bench: {target} is needed and does not build")
    return made


def chosen(args):
    rows = servers.GALE_ROWS + servers.PEER_ROWS
    words = [word.strip().lower() for word in args.only.split(",") if word.strip()]
    if not words:
        return rows
    return [row for row in rows if any(word in row.name.lower() for word in words)]


def measure_cells(args, row, server, request, scratch, loads):
    """Every load against the raw server that answers what this server answers."""
    response_file = os.path.join(scratch, "response")
    with open(response_file, "wb") as file:
        file.write(servers.exchange(server.port, request))
    cells = {}
    raw_row = servers.raw_row(request, response_file)
    with servers.Server(raw_row, args.build, scratch, servers.cores()[0]) as raw:
        for load in loads:
            if load[0] > row.max_busy:
                cells[load] = "stalls"
                continue
            if row.slow and load == (512, 16):
                cells[load] = "-"
                continue
            seconds = args.seconds * (2 if row.gale or row.slow else 1)
            try:
                cells[load] = measure.pairs(args.build, server, raw, *load, args.pairs, seconds,
                                            say)
            except (measure.Failed, subprocess.TimeoutExpired) as error:
                say(f"  {load[0]} x {load[1]}: failed: {error}")
                cells[load] = "fails"
    return cells


def measure_row(args, row, scratch, loads, request):
    core = servers.cores()[0]
    result = {"cells": {}}
    with servers.Server(row, args.build, scratch, core) as server:
        result["bytes"] = len(servers.exchange(server.port, request))
        result["cells"] = measure_cells(args, row, server, request, scratch, loads)
        result["trouble"] = server.log_trouble()
        if result["trouble"]:
            say(f"  CAUTION: {result['trouble']}")
    if args.no_memory or "access log" in row.name:
        return result
    limit = servers.raise_descriptor_limit() - 1000
    with servers.Server(row, args.build, scratch, core) as server:
        try:
            result["idle"] = measure.idle_memory(args.build, server,
                                                 min(args.idle, row.max_idle, limit), say)
        except measure.Failed as error:
            say(f"  idle: failed: {error}")
            result["idle"] = f"fails: {error}"
    return result


def load_request(args):
    """The bytes the load generator sends; each port has five digits, so the length is fixed."""
    done = subprocess.run([os.path.join(args.build, "bench", "load"), "--port=10000",
                           "--show-request"], capture_output=True, check=True)
    return done.stdout


def measure_waiting(args, scratch):
    """gale's requests that wait in a handler, for each backend."""
    found = {}
    request = b"GET /waiting HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    for gale in servers.GALE_ROWS[:2]:
        row = servers.Row(gale.name, "@BUILD@/bench/wait_server --port=@PORT@ --logging=none",
                          env=gale.env, uring=gale.uring)
        try:
            with servers.Server(row, args.build, scratch, servers.cores()[0]) as server:
                found[row.name] = measure.waiting_memory(args.build, server, args.waiting, request,
                                                         say)
        except (servers.Unavailable, measure.Failed) as error:
            say(f"  waiting, {row.name}: {error}")
            found[row.name] = str(error)
    return found


def measure_all(args, rows, loads, made, scratch):
    results = {}
    skipped = []
    coro = {}
    waiting = {}
    request = load_request(args)
    for row in rows:
        say(row.name)
        try:
            results[row.name] = measure_row(args, row, scratch, loads, request)
        except servers.Unavailable as error:
            say(f"  skipped: {error}")
            skipped.append((row.name, error))
    if any(row.gale for row in rows):
        if "bench/wait_server" in made and not args.no_memory:
            waiting = measure_waiting(args, scratch)
        if "bench/coro" in made:
            coro = measure.coroutines(args.build)
            say("coroutines: " + " ".join(f"{key}={value:.2f}" for key, value in coro.items()))
    return results, coro, waiting, skipped


def main():
    args = options()
    started = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *unused: sys.exit("bench: ended"))
    signal.signal(signal.SIGALRM, lambda *unused: sys.exit("bench: took too long"))
    signal.alarm(LIMIT_SECONDS)
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("bench: two processors are needed, one for the server and one for the load")
    servers.raise_descriptor_limit()
    servers.SETTINGS["ahead"] = args.ahead
    made = build(args.build)
    rendering = ""
    alone = args.only or args.features or args.websocket or args.client or args.tls
    if "bench/template" in made and (args.templates or not alone):
        say("templates")
        rendering = templates.report(args.build, 3 if args.quick else 9, 0.3 if args.quick else 0.6)
    if args.websocket:
        return say(websocket.report(args.build, args.quick, say))
    if args.tls:
        return say(tls.report(args.build, args.quick, say))
    if args.client:
        return say(clients.report(args.build, args.quick))
    if args.wsgi:
        return say(wsgi.report(args.build, args.quick, say))
    if args.reload:
        return say(reload.report(args.build, args.quick))
    if args.templates:
        return say(rendering or "bench: template does not build")
    rows = [] if args.features else chosen(args)
    loads = [(64, 1), (64, 16)] if args.quick else ALL_LOADS
    with tempfile.TemporaryDirectory(prefix="gale-bench-") as scratch:
        os.chmod(scratch, 0o755)    # some peers give up root's rights
        results, coro, waiting, skipped = measure_all(args, rows, loads, made, scratch)
        costs = {}
        if "bench/features_server" in made and (args.features or not args.only):
            costs = features.measure_all(args, scratch, say)
    text = report.document(results, coro, waiting, skipped, rows, loads, args, costs)
    if rendering:
        text += f"\n## Templates\n\n{rendering}"
    if "gale" in made and not alone:
        text += f"\n## Reload\n\n{reload.report(args.build, args.quick)}"
    if args.output:
        with open(args.output, "w") as file:
            file.write(text)
        lines = [] if args.features else report.verdicts(results, coro, waiting)
        say("\n".join(lines + report.feature_verdicts(costs)))
        say(f"written: {args.output}")
    else:
        say("\n" + text)
    say(f"took {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
