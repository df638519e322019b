"""clients - what HTTP clients cost: requests for each second of the client's processor time, against
a raw epoll client that parses nothing, all in one run, in turns (client.c).
"""
# SPDX-License-Identifier: MIT
import os
import subprocess

NAMES = {"raw": "raw epoll client, parses nothing", "curl": "libcurl, multi interface",
         "gale": "gale_fetch", "callback": "gale_fetch_callback"}
AT_LEAST = 2    # times libcurl


def report(build, quick):
    """The section of the report."""
    rounds, seconds = (3, 0.3) if quick else (15, 0.6)
    lines = ["64 requests under way over kept connections; requests for each second of the client's",
             "processor time, the median of each, and of its ratio to the raw client of the same turn.",
             "", "| client | loop | requests | of raw |", "|---|---|---|---|"]
    verdicts = []
    for backend in ("epoll", "io_uring"):
        done = subprocess.run([os.path.join(build, "bench/client"), f"--rounds={rounds}",
                               f"--seconds={seconds}"], env=dict(os.environ, GALE_IOLOOP=backend),
                              capture_output=True, text=True, check=True)
        found = {}
        for line in done.stdout.splitlines():
            name, rate, ratio = line.split()
            found[name] = float(ratio)
            if float(rate) and (backend == "epoll" or name in ("gale", "callback")):
                loop = backend if name in ("gale", "callback") else "epoll"
                lines.append(f"| {NAMES[name]} | {loop} | {float(rate):.0f} | {float(ratio):.2f} |")
        if found.get("curl"):
            times = found["gale"] / found["curl"]
            verdicts.append(f"gale_fetch, {backend}: {times:.2f} times libcurl "
                            f"({'reached' if times >= AT_LEAST else 'MISSED'}: at least {AT_LEAST})")
    return "\n".join(lines + [""] + verdicts)
