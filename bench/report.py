"""report - the tables and verdicts of bench/RESULTS.md."""
# SPDX-License-Identifier: MIT
import datetime
import os
import platform
import re
import subprocess

import servers

METHOD = """\
Server on one core, load generator (`bench/load.c`, which only counts bytes) on another, over
loopback. Each cell is the median of {pairs} pairs of runs, one against the server and one against
the raw server (`bench/raw_server.c`: epoll, one recv and one send for each readable event, canned
bytes of the same length as the measured server's response, nothing parsed), in alternating order,
{seconds} s each after a warm-up (twice that for gale and for slow peers). *CPU* is user plus system
time of the server for a request as a ratio to the raw server's, quartiles in brackets; it is read
while nothing is in flight. *Rate* is requests a second, as a ratio to the raw server's. `64 x 16`
is 64 connections with 16 requests pipelined. *Others* is the share of the machine that other
programs used meanwhile: above a few per cent, judge by the median and distrust differences under
15 %. "fails" stands for a server that leaves pipelined requests unanswered, "stalls" for one that
does so when that many connections become ready at once, "-" for a run left out because it would
take minutes.
"""


def shell(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip().splitlines()[0] if done.returncode == 0 and done.stdout else ""


def processor():
    with open("/proc/cpuinfo") as file:
        found = re.search(r"model name\s*: (.*)", file.read())
    return found.group(1) if found else platform.machine()


def machine_lines():
    revision = shell("git", "-C", servers.HERE, "rev-parse", "--short=12", "HEAD")
    return [
        f"- {datetime.date.today()}, gale revision {revision}",
        f"- {processor()}, {os.cpu_count()} processors, Linux {platform.release()}, "
        f"{shell('cc', '--version')}",
        f"- virtual machine: {shell('systemd-detect-virt') or 'unknown'}; descriptor limit "
        f"{servers.raise_descriptor_limit()}",
    ]


def cell_text(cell):
    if isinstance(cell, str):
        return cell
    low, median, high = cell["cpu"]
    digits = 2 if median < 10 else 1
    return f"{median:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def rate_text(cell):
    return "" if isinstance(cell, str) else f"{cell['rate'][1]:.3f}"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return lines


def load_name(load):
    return f"{load[0]} x {load[1]}" if load[1] > 1 else str(load[0])


def cpu_table(results, loads):
    header = ["server"] + [f"CPU {load_name(load)}" for load in loads] + ["others"]
    rows = []
    for name, result in results.items():
        cells = [result["cells"].get(load, "") for load in loads]
        foreign = [cell["foreign"] for cell in cells if not isinstance(cell, str) and cell]
        rows.append([name] + [cell_text(cell) for cell in cells]
                    + [f"{max(foreign):.0%}" if foreign else ""])
    return table(header, rows)


def rate_table(results, loads):
    rows = [[name] + [rate_text(result["cells"].get(load, "")) for load in loads]
            for name, result in results.items()]
    return table(["server"] + [f"rate {load_name(load)}" for load in loads], rows)


def raw_table(results, loads):
    """The yardstick itself, over all pairs of all servers."""
    rows = []
    for load in loads:
        cells = [result["cells"][load] for result in results.values()
                 if isinstance(result["cells"].get(load), dict)]
        if not cells:
            continue
        times = sorted(cell["raw_ns"][1] for cell in cells)
        rates = sorted(cell["raw_per_second"] for cell in cells)
        rows.append([load_name(load), f"{times[len(times) // 2]:.0f}",
                     f"{times[0]:.0f}-{times[-1]:.0f}", f"{rates[len(rates) // 2]:,.0f}"])
    return table(["load", "ns for a request", "lowest-highest median", "requests a second"], rows)


def idle_table(results):
    rows = []
    for name, result in results.items():
        idle = result.get("idle")
        if isinstance(idle, dict):
            rows.append([name, f"{idle['each']:,.0f}", f"{idle['n']:,}",
                         f"{idle['before'] / 2**20:.1f}", f"{idle['after'] / 2**20:.1f}"])
        elif idle:
            rows.append([name, idle, "", "", ""])
    return table(["server", "bytes for each", "connections", "MiB before", "MiB with them"], rows)


def ratio_verdict(results, name, load, limit, aim, text):
    cell = results.get(name, {}).get("cells", {}).get(load)
    if not isinstance(cell, dict):
        return f"- not measured: {text}, {name}"
    value = cell["cpu"][1]
    word = "PASS" if value <= limit else "MISS"
    reached = ", the aim too" if aim and value <= aim else ""
    return f"- {word}: {text}, {name}: {value:.3f} (at most {limit}{reached})"


def value_verdict(text, value, limit, unit, strict=False):
    if value is None:
        return f"- not measured: {text}"
    good = value < limit if strict else value <= limit
    bound = "under" if strict else "at most"
    return f"- {'PASS' if good else 'MISS'}: {text}: {value:,.2f} {unit} ({bound} {limit:,} {unit})"


def each(result, key):
    found = result.get(key)
    return found["each"] if isinstance(found, dict) else None


def verdicts(results, coro, waiting):
    lines = []
    for name in ("gale, epoll", "gale, io_uring"):
        lines.append(ratio_verdict(results, name, (64, 1), 1.10, 1.05,
                                   "CPU for a request to raw, 64 connections"))
        lines.append(ratio_verdict(results, name, (64, 16), 1.4, None,
                                   "CPU for a request to raw, pipelined by 16"))
        lines.append(value_verdict(f"memory of an idle connection, {name}",
                                   each(results.get(name, {}), "idle"), 300, "bytes"))
        lines.append(value_verdict(f"memory of a waiting request, {name}",
                                   each(waiting, name), 10240, "bytes"))
    lines.append(value_verdict("a coroutine switch to the bare switch", coro.get("switch_ratio"),
                               1.3, "times"))
    lines.append(value_verdict("spawn and finish", coro.get("spawn_ns"), 30, "ns", strict=True))
    return lines


def feature_verdicts(costs):
    lines = []
    for backend, found in costs.items():
        for one in found:
            if one.get("target"):
                lines.append(value_verdict(f"{one['name']} {one['note']}, {backend}",
                                           one["ratio"][1], one["target"], "times"))
    return lines


def feature_table(costs):
    rows = []
    for backend, found in costs.items():
        for one in found:
            if "error" in one:
                rows.append([one["name"], backend, f"fails: {one['error']}", "", "", ""])
                continue
            low, median, high = one["ratio"]
            rows.append([one["name"], backend, f"{median:.2f} ({low:.2f}-{high:.2f})",
                         f"{one['ns']:,.0f}", f"{one['base_ns']:,.0f}", one["note"]])
    return table(["feature", "backend", "CPU, ratio", "ns", "ns of the other", "what against what"],
                 rows)


def coro_table(coro):
    names = {"bare_ns": "bare six-register switch", "switch_ns": "gale: switch",
             "yield_ns": "gale: `gale_yield`, through the scheduler",
             "spawn_ns": "gale: spawn and finish (`gale_spawn`, `gale_future_free`)",
             "start_ns": "gale: start and finish without a future, as for a request"}
    return table(["what", "ns"], [[text, f"{coro[key]:.2f}"] for key, text in names.items()
                                  if key in coro])


def waiting_table(waiting):
    rows = [[name, f"{one['each']:,.0f}", f"{one['n']:,}"] if isinstance(one, dict)
            else [name, one, ""] for name, one in waiting.items()]
    return table(["server", "bytes for each", "requests"], rows)


def server_table(results, rows):
    versions = {row.name: (servers.version(row.package) if row.package else "", row.note)
                for row in rows}
    lines = []
    for name, result in results.items():
        notes = [versions[name][1]]
        if result.get("trouble"):
            notes.append(f"**{result['trouble']}**")
        lines.append([name, versions[name][0], result.get("bytes", ""),
                      "; ".join(filter(None, notes))])
    return table(["server", "version", "bytes of response", "note"], lines)


def document(results, coro, waiting, skipped, rows, loads, args, costs):
    """The whole of RESULTS.md."""
    lines = ["# Benchmark results", "", "Written by `make bench` (`bench/run.py`).", ""]
    lines += ["## Targets", ""]
    lines += [] if args.features else verdicts(results, coro, waiting)
    lines += feature_verdicts(costs) + [""]
    lines += ["## Method", "", METHOD.format(pairs=args.pairs, seconds=args.seconds)]
    lines += machine_lines() + [""]
    if costs:
        lines += ["## What features cost", ""] + feature_table(costs) + [""]
    if args.features:
        return "\n".join(lines)
    lines += ["## CPU time for a request, ratio to raw", ""] + cpu_table(results, loads) + [""]
    lines += ["## Requests a second, ratio to raw", ""] + rate_table(results, loads) + [""]
    lines += ["## The raw server", ""] + raw_table(results, loads) + [""]
    lines += ["## Memory of idle keep-alive connections", "",
              "Resident anonymous memory, growth from before the connections were opened; each",
              "made one request. The server has worked before: what it sets aside once is in the",
              "column before.",
              ""] + idle_table(results) + [""]
    if waiting:
        lines += ["## Memory of requests waiting in a handler", ""] + waiting_table(waiting) + [""]
    if coro:
        lines += ["## Coroutines", ""] + coro_table(coro) + [""]
    lines += ["## Servers", ""] + server_table(results, rows) + [""]
    if skipped:
        lines += ["Skipped:", ""] + [f"- {name}: {why}" for name, why in skipped] + [""]
    return "\n".join(lines)
