"""templates - what rendering costs: gale's interpreter and gale's templates as C against a loop
written by hand, Tornado's templates and Jinja2, all in one run, in turns.
"""
# SPDX-License-Identifier: MIT
import os
import statistics
import subprocess

import servers

FOLDER = os.path.join(servers.HERE, "templates")
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else "python3"
ROWS = ["hand", "compiled", "interpreted", "tornado", "jinja2"]
NAMES = {"hand": "a loop in C, written by hand", "compiled": "gale, compiled to C",
         "interpreted": "gale, interpreted", "tornado": "Tornado's templates (CPython)",
         "jinja2": "Jinja2 (CPython)"}
CASES = {"table": "1000 x 10 cells, Tornado's benchmark", "lists": "1000 x 10 texts, every fifth escaped",
         "page": "a page of 30 expressions"}


def one_round(build, seconds):
    """{(case, engine): nanoseconds}."""
    found = {}
    for command in ([os.path.join(build, "bench", "template"), f"--seconds={seconds}"],
                    [PYTHON, os.path.join(servers.HERE, "peers", "templates.py"), FOLDER, str(seconds)]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise SystemExit(f"bench: {command[0]} failed: {done.stderr.strip()[-500:]}")
        for line in done.stdout.splitlines():
            case, engine, figure = line.split()
            found[case, engine] = float(figure)
    return found


def verdicts(rounds):
    def ratio(case, slow, fast):
        return statistics.median(r[case, slow] / r[case, fast] for r in rounds)

    def line(text, value, limit, is_least):
        good = value >= limit if is_least else value <= limit
        return f"- {'PASS' if good else 'MISS'}: {text}: {value:.2f} (target {'at least' if is_least else 'at most'} {limit})"

    yield line("interpreted, times as fast as Tornado's", ratio("table", "tornado", "interpreted"), 8, True)
    yield line("interpreted, times as fast as Jinja2", ratio("table", "jinja2", "interpreted"), 8, True)
    yield line("interpreted, times as fast as Tornado's, the aim", ratio("table", "tornado", "interpreted"), 12, True)
    yield line("compiled, times the loop by hand", ratio("table", "compiled", "hand"), 1.2, False)
    yield line("compiled, times the loop by hand, texts", ratio("lists", "compiled", "hand"), 1.2, False)
    yield line("a page of 30 expressions interpreted, microseconds",
               statistics.median(r["page", "interpreted"] for r in rounds) / 1000, 5, False)


def report(build, n_rounds, seconds):
    rounds = [one_round(build, seconds) for _ in range(n_rounds)]
    lines = ["| | " + " | ".join(CASES.values()) + " |", "|---|" + "---|" * len(CASES)]
    for engine in ROWS:
        cells = []
        for case in CASES:
            base = "hand" if case != "page" else "interpreted"
            if (case, engine) not in rounds[0]:
                cells.append("")
                continue
            ratio = statistics.median(r[case, engine] / r[case, base] for r in rounds)
            micro = statistics.median(r[case, engine] for r in rounds) / 1000
            cells.append(f"{ratio:.2f} ({micro:.1f} µs)" if micro < 100 else f"{ratio:.2f} ({micro:.0f} µs)")
        lines.append(f"| {NAMES[engine]} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n\n" + "\n".join(verdicts(rounds)) + "\n"
