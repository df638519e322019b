"""check - builds gale in each of the ways it must work, runs the tests there, and ends with one
plain line, "N passed, N failed". The parts, in order:

    asan      gcc with AddressSanitizer and UBSan: every test
    release   -O2 with LTO, as users get it: the checks of tools/ and suite release
    clang     clang, every warning an error, ASan and UBSan: the library, the lower layers
              run, and each fuzz target over its corpus
    ucontext  the portable coroutine switch under the sanitizers: suites gen and ucontext
    tsan      ThreadSanitizer: suite tsan
    valgrind  a plain debug build, every warning an error: suite valgrind
    arena     every object of an arena one of the heap: suite arena, where allocations fail
    aarch64   cross build of base, ioloop and gen, run under qemu-user

Usage: check.py [--soak=SECONDS] [part...]

The builds are build/ (release) and folders inside it, kept from run to run; release, clang, ucontext,
tsan and arena build only what their suites need. A test program counts as the cases it reports. What was skipped is named, never counted as passed.

SPDX-License-Identifier: MIT
"""
import argparse
import json
import os
import re
import sys
import time

import tree

BUILD = tree.ROOT / 'build'
COMMANDS = tree.ROOT / 'compile_commands.json'
# No --werror with gcc here: what UBSan adds confuses its warnings.
SANITIZE = ['-Db_sanitize=address,undefined', '-Db_lundef=false', '-Doptimization=1']
CLANG = {'CC': 'clang', 'CXX': 'clang++', 'CC_LD': 'bfd', 'CXX_LD': 'bfd'}
VALGRIND = ('valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,'
            'possible --errors-for-leak-kinds=definite --fair-sched=yes')

PARTS = {
    # Its tests wait more than they compute.
    'asan': dict(folder='debug-asan', setup=SANITIZE, suites=None, processes=3),
    'release': dict(folder='.', setup=['--buildtype=debugoptimized', '-Db_lto=true'],
                    suites=['checks', 'release'], only=True),
    'clang': dict(folder='clang', setup=SANITIZE + ['--werror', '-Dfuzz=true'], compiler=CLANG,
                  suites=['base', 'proto', 'template', 'locale', 'ioloop', 'gen', 'fuzz'],
                  only=True),
    'ucontext': dict(folder='ucontext', setup=SANITIZE + ['-Dcoroutine=ucontext'],
                     suites=['gen', 'ucontext'], only=True),
    'tsan': dict(folder='tsan', setup=['-Db_sanitize=thread', '-Db_lundef=false',
                                       '-Doptimization=1'], suites=['tsan'], only=True),
    'valgrind': dict(folder='debug', setup=['--buildtype=debug', '--werror'],
                     suites=['valgrind'], wrap=VALGRIND, slow=4),
    'arena': dict(folder='arena', setup=['-Darena_malloc=true'], suites=['arena'], only=True),
    'aarch64': dict(folder='aarch64', setup=['--cross-file', 'tools/aarch64-linux.txt',
                                             '-Dtests=cross', '-Dexamples=false',
                                             '-Ddefault_library=static'], suites=None, slow=4),
}

SETTINGS = {
    'ASAN_OPTIONS': 'abort_on_error=0:detect_leaks=1:strict_string_checks=1',
    'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1',
    'TSAN_OPTIONS': 'halt_on_error=0:second_deadlock_stack=1',
    'LC_ALL': 'C.UTF-8',
}

# How the test programs say how many cases they ran: cmocka, and Python's unittest.
CASES = re.compile(r'^\[  PASSED  \] (\d+) test|^Ran (\d+) tests? in', re.M)
FAILED = re.compile(r'^\[  FAILED  \].*?(\d+) test|^FAILED \((.*)\)', re.M)
SKIPPED = re.compile(r'^\[  SKIPPED \] (\d+) test|^(?:OK|FAILED) \(.*skipped=(\d+)', re.M)


class Count:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def line(self):
        return f'{self.passed} passed, {self.failed} failed'


def say(text):
    print(text, flush=True)


def listed(folder):
    """The suites that have a test in this build."""
    text = tree.run(['meson', 'introspect', '--tests', folder]).stdout
    tests = json.loads(text[text.index('['):])
    return {suite.rsplit(':', 1)[-1] for test in tests for suite in test['suite']}


def needed(folder, suites):
    """What ninja must build for the tests of these suites, which need not be everything."""
    def introspect(what):
        text = tree.run(['meson', 'introspect', what, folder]).stdout
        return json.loads(text[text.index('['):])

    files = {target['id']: target['filename'] for target in introspect('--targets')}
    wanted = {f'{folder}/libgale.a'}    # installed beside the shared one
    for test in introspect('--tests'):
        if not {suite.rsplit(':', 1)[-1] for suite in test['suite']} & set(suites):
            continue
        wanted |= {path for path in test['cmd']
                   if path.startswith(f'{folder}/') and '/../' not in path}
        for depends in test['depends']:
            wanted |= set(files.get(depends, []))
    return sorted(os.path.relpath(path, folder) for path in wanted if path != str(folder))


def build(part, count):
    """Configures (once) and compiles; True when the tests can run."""
    what = PARTS[part]
    folder = (BUILD / what['folder']).resolve()
    env = dict(os.environ, **what.get('compiler', {}))
    steps = []
    if not (folder / 'build.ninja').exists():
        folder.mkdir(parents=True, exist_ok=True)
        steps.append(['meson', 'setup', folder, tree.ROOT, *what['setup']])
    elif '-Dfuzz=true' in what['setup'] or set(what['suites'] or []) - listed(folder):
        # A fuzz target may be new; `make demo` may have come before cmocka did.
        steps.append(['meson', 'setup', '--reconfigure', folder])
    steps.append(None)
    for step in steps:
        if not step:
            targets = (needed(folder, what['suites']) if what.get('only') else
                       ['all', 'meson-test-prereq'])
            step = ['ninja', '-C', folder, *targets]
        done = tree.run(step, env=env, timeout=1800)
        if done.returncode:
            lines = [line for line in done.stdout.splitlines() if len(line) < 400]
            say(f'{part}: does not build:\n' + '\n'.join(lines)[-4000:])
            count.failed += 1
            return None
    if folder == BUILD and not COMMANDS.is_symlink():
        COMMANDS.symlink_to('build/compile_commands.json')
    return folder


def numbers(pattern, text):
    total = 0
    for match in pattern.finditer(text):
        found = [int(n) for group in match.groups() if group
                 for n in re.findall(r'(?<!skipped=)\b\d+', group)]
        total += sum(found)
    return total


def add_test(part, test, count):
    """Counts one line of meson's log; a failure is shown with its output."""
    said = test.get('stdout', '') + '\n' + test.get('stderr', '')
    result = test['result']
    if result == 'SKIP':
        count.skipped += 1
        say(f'{part}: skipped: {test["name"]}')
        return
    failed = numbers(FAILED, said)
    skipped = numbers(SKIPPED, said)
    passed = sum(int(n) for pair in CASES.findall(said) for n in pair if n)
    # unittest counts all it ran, cmocka only what passed.
    if re.search(r'^Ran \d+ tests? in', said, re.M):
        passed -= failed + skipped
    count.skipped += skipped
    if result in ('OK', 'EXPECTEDFAIL'):
        count.passed += max(passed, 1) if not skipped else passed
        return
    count.passed += passed
    count.failed += max(failed, 1)
    say(f'{part}: {result}: {test["name"]} ({test.get("duration", 0):.1f} s)\n{said[-4000:]}')


def test(part, folder, count):
    what = PARTS[part]
    suites = what['suites']
    if suites is not None:
        missing = set(suites) - listed(folder)
        if missing:
            say(f'{part}: no test of suite {", ".join(sorted(missing))}')
            count.failed += 1
            return
    command = ['meson', 'test', '-C', folder, '--no-rebuild', '--logbase', f'check-{part}',
               '-t', str(what.get('slow', 3))]
    for suite in suites or []:
        command += ['--suite', suite]
    if 'processes' in what:
        command += ['--num-processes', str(max(what['processes'], os.cpu_count() or 1))]
    if 'wrap' in what:
        command += ['--wrap', what['wrap']]
    for old in (folder / 'meson-logs').glob(f'check-{part}*.json'):
        old.unlink()
    done = tree.run(command, env=dict(os.environ, **SETTINGS), timeout=3600)
    logs = list((folder / 'meson-logs').glob(f'check-{part}*.json'))
    lines = logs[0].read_text().splitlines() if logs else []
    before = count.failed
    for line in lines:
        add_test(part, json.loads(line), count)
    if not lines or (done.returncode and count.failed == before):
        say(f'{part}: meson test: exit {done.returncode}\n{done.stdout[-4000:]}')
        count.failed += 1


def soak(parts, seconds, count):
    """Runs the tests of the parts again and again until the time is over."""
    folders = {part: build(part, count) for part in parts}
    end, rounds = time.monotonic() + seconds, 0
    while not count.failed and (rounds == 0 or time.monotonic() < end):
        for part, folder in folders.items():
            test(part, folder, count)
        rounds += 1
        say(f'round {rounds}: {count.line()}')


def main():
    parser = argparse.ArgumentParser(usage='check.py [--soak=SECONDS] [part...]')
    parser.add_argument('--soak', type=float)
    parser.add_argument('parts', nargs='*')
    args = parser.parse_args()
    unknown = set(args.parts) - set(PARTS)
    if unknown:
        parser.error(f'no part {", ".join(sorted(unknown))}; there are {", ".join(PARTS)}')
    parts = args.parts or list(PARTS)
    count = Count()
    if args.soak:
        soak(parts, args.soak, count)
    for part in parts if not args.soak else []:
        started, before = time.monotonic(), (count.passed, count.failed, count.skipped)
        folder = build(part, count)
        if folder:
            test(part, folder, count)
        passed, failed, skipped = (now - then for now, then in zip(
            (count.passed, count.failed, count.skipped), before))
        say(f'{part}: {passed} passed, {failed} failed, {skipped} skipped, '
            f'{time.monotonic() - started:.0f} s')
    say(count.line())
    if BUILD.exists():
        (BUILD / 'check-result.txt').write_text(count.line() + '\n')
    sys.exit(1 if count.failed or not count.passed else 0)


if __name__ == '__main__':
    main()
