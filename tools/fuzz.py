"""fuzz - runs the libFuzzer targets of tests/fuzz, each for a time, from its corpus.

Usage: fuzz.py [--seconds=60] [name...]

What a run finds new stays in build/fuzz/<name>/; a crash is reported with the file that
causes it. The corpus in the tree never grows by itself: copy there what is worth keeping.

SPDX-License-Identifier: MIT
"""
import argparse
import os
import sys

import check
import tree


def fuzz(target, seconds):
    """Runs one target; the text of what it found, or ''."""
    name = target.stem.removeprefix('fuzz_')
    grown = check.BUILD / 'fuzz' / name
    grown.mkdir(parents=True, exist_ok=True)
    seeds = tree.ROOT / 'tests' / 'fuzz' / 'corpus' / name
    words = tree.ROOT / 'tests' / 'fuzz' / f'{name}.dict'
    command = [target, f'-max_total_time={seconds:g}', '-timeout=10', '-rss_limit_mb=2048',
               '-print_final_stats=1', f'-artifact_prefix={grown}-', grown]
    command += [seeds] if seeds.is_dir() else []
    command += [f'-dict={words}'] if words.is_file() else []
    done = tree.run(command, env=dict(os.environ, **check.SETTINGS), timeout=seconds + 120)
    stats = [line.split()[-1] for line in done.stdout.splitlines()
             if line.startswith('stat::number_of_executed_units')]
    print(f'{name}: {stats[0] if stats else "?"} runs in {seconds:g} s, exit {done.returncode}',
          flush=True)
    return done.stdout[-6000:] if done.returncode else ''


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seconds', type=float, default=60)
    parser.add_argument('names', nargs='*')
    args = parser.parse_args()
    count = check.Count()
    folder = check.build('clang', count)
    if not folder:
        sys.exit(1)
    sources = tree.files('tests/fuzz/fuzz_*.c')
    targets = [folder / 'tests' / 'fuzz' / source.stem for source in sources
               if not args.names or source.stem.removeprefix('fuzz_') in args.names]
    if not targets:
        print('no such fuzz target')
        sys.exit(1)
    for target in targets:
        found = fuzz(target, args.seconds)
        count.failed += bool(found)
        count.passed += not found
        if found:
            print(found)
    print(count.line())
    sys.exit(1 if count.failed else 0)


if __name__ == '__main__':
    main()
