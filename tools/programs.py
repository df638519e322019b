"""programs - compiles programs as a user would, and runs them: those of README.md and docs/
(every C block with an int main), and compiles the examples with both compilers.

A program that serves is started with --port=0, asked for / with curl, and stopped with
SIGTERM; it must answer below 500 and then exit 0. Another must exit 0 by itself. An HTML
comment on the line before the block says otherwise:

    <!-- check: compile -->          only compile
    <!-- check: get /story/1 -->     ask for this path instead

Usage: programs.py docs|examples BUILD_FOLDER

SPDX-License-Identifier: MIT
"""
import concurrent.futures
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

import tree

WARNINGS = ['-Wall', '-Wextra', '-Wpedantic', '-Werror']
BLOCK = re.compile(r'(?:<!-- check: (?P<hint>[^>]*?) -->\n+)?```(?P<kind>c|cpp|c\+\+)\n'
                   r'(?P<text>.*?)\n```', re.S)
SERVES = re.compile(r'\bgale_(main|ioloop_run|app_listen)\s*\(')
URL = re.compile(r'http://[^\s/]*?:(\d+)')
PATIENCE = 20


def blocks():
    """(where, language, hint, text) of each whole program in the documents."""
    for path in tree.files('README.md', 'CONTRIBUTING.md', 'docs/**/*.md'):
        if path.parent.name in ('guide', 'zh'):
            continue    # theirs are files of examples/guide: tools/guide.py
        text = path.read_text()
        for match in BLOCK.finditer(text):
            if not re.search(r'\bint main\(', match['text']):
                continue
            line = text.count('\n', 0, match.start('text')) + 1
            language = 'c' if match['kind'] == 'c' else 'c++'
            yield f'{tree.name(path)}:{line}', language, match['hint'] or '', match['text']


def packages(text):
    """Compiler flags for what the program includes beside gale."""
    wanted = ['jansson'] + (['glib-2.0'] if '<glib' in text else [])
    return tree.run(['pkg-config', '--cflags', '--libs', *wanted]).stdout.split()


def compile_program(build, source, language, target):
    compiler = ['gcc', '-std=gnu11'] if language == 'c' else ['g++', '-std=c++17']
    return tree.run([*compiler, *WARNINGS, '-Iinclude', source, f'-L{build}', '-lgale',
                     f'-Wl,-rpath,{build}', *packages(source.read_text()), '-pthread',
                     '-o', target])


def wait_for_url(process):
    """The port a server says it listens on; None when it ends or says nothing."""
    said, end = '', time.monotonic() + PATIENCE
    while time.monotonic() < end:
        ready, _, _ = select.select([process.stdout], [], [], 0.2)
        chunk = os.read(process.stdout.fileno(), 65536).decode(errors='replace') if ready else ''
        said += chunk
        match = URL.search(said)
        if match:
            return int(match.group(1)), said
        if ready and not chunk:
            break
    return None, said


def run_server(program, path):
    process = subprocess.Popen([program, '--port=0'], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    try:
        port, said = wait_for_url(process)
        if not port:
            return f'it never said its URL:\n{said}'
        done = tree.run(['curl', '-s', '-o', os.devnull, '-w', '%{http_code}', '-m', '10',
                         f'http://127.0.0.1:{port}{path}'])
        if done.returncode or not done.stdout.isdigit() or int(done.stdout) >= 500:
            return f'curl {path}: exit {done.returncode}, status {done.stdout}'
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=PATIENCE)
        return f'exit {code} after SIGTERM' if code else ''
    except subprocess.TimeoutExpired:
        return 'it does not end after SIGTERM'
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()


def run_program(program, folder):
    try:
        done = tree.run([program], cwd=folder, timeout=PATIENCE, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return f'it runs longer than {PATIENCE} seconds'
    return f'exit {done.returncode}:\n{done.stdout}' if done.returncode else ''


def check_block(build, folder, number, block):
    where, language, hint, text = block
    source = folder / f'program{number}.{"c" if language == "c" else "cpp"}'
    program = folder / f'program{number}'
    source.write_text(text + '\n')
    done = compile_program(build, source, language, program)
    if done.returncode:
        return f'{where}: does not compile:\n{done.stdout}'
    if hint == 'compile':
        return ''
    if SERVES.search(text):
        path = hint[4:].strip() if hint.startswith('get ') else '/'
        fault = run_server(program, path)
    else:
        fault = run_program(program, folder)
    return f'{where}: {fault}' if fault else ''


def check_docs(build):
    found = list(blocks())
    with tempfile.TemporaryDirectory() as folder:
        faults = [check_block(build, pathlib.Path(folder), number, block)
                  for number, block in enumerate(found)]
    tree.report([fault for fault in faults if fault], f'{len(found)} programs compile and run')


def compile_example(job):
    path, compiler, standard = job
    flags = [flag for flag in packages(path.read_text()) if not flag.startswith('-l')]
    done = tree.run([compiler, f'-std={standard}', '-O1', *WARNINGS, '-Iinclude', *flags,
                     '-c', path, '-o', os.devnull])
    if done.returncode:
        return f'{tree.name(path)}: {compiler} -std={standard}:\n{done.stdout}'
    return ''


def check_examples():
    c_files = tree.files('examples/**/*.c')
    cpp_files = tree.files('examples/**/*.cpp')
    jobs = [(path, compiler, 'gnu11') for path in c_files for compiler in ('gcc', 'clang')]
    jobs += [(path, compiler, 'c++17') for path in cpp_files for compiler in ('g++', 'clang++')]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        faults = [fault for fault in pool.map(compile_example, jobs) if fault]
    if not cpp_files:
        faults.append('no example is in C++')
    tree.report(faults, f'{len(c_files) + len(cpp_files)} examples compile without a warning')


def main():
    build = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else 'build').resolve()
    check_docs(build) if sys.argv[1] == 'docs' else check_examples()


if __name__ == '__main__':
    main()
