"""compared - docs/compared-to-tornado.md stays true: every gale name in a row marked "there"
is declared in a public header, and, where Tornado is installed, every public name of its
modules has its place on the page.

SPDX-License-Identifier: MIT
"""
import importlib
import re

import tree

MODULES = ('auth autoreload concurrent curl_httpclient escape gen http1connection httpclient '
           'httpserver httputil ioloop iostream locale locks log netutil options process queues '
           'routing simple_httpclient tcpclient tcpserver template testing util web websocket '
           'wsgi').split()
# Of these classes every public method too.
CLASSES = ['web.RequestHandler', 'web.Application', 'ioloop.IOLoop', 'ioloop.PeriodicCallback',
           'iostream.IOStream', 'httputil.HTTPServerRequest', 'httputil.HTTPHeaders',
           'tcpserver.TCPServer', 'gen.WaitIterator', 'options.OptionParser']
# Python's own machinery, and what no release documents.
UNSAID = {'doctests', 'configurable_base', 'configurable_default', 'CR_OR_LF_RE'}

PAGE = tree.ROOT / 'docs' / 'compared-to-tornado.md'


def tornado_names():
    """(module, name) of everything public in the Tornado installed here; none without it."""
    for module_name in MODULES:
        try:
            module = importlib.import_module(f'tornado.{module_name}')
        except ImportError:
            continue
        for name, value in vars(module).items():
            if name[0] != '_' and getattr(value, '__module__', None) == module.__name__:
                yield module_name, name
    for path in CLASSES:
        module_name, class_name = path.split('.')
        try:
            module = importlib.import_module(f'tornado.{module_name}')
        except ImportError:
            continue
        for name, value in vars(getattr(module, class_name)).items():
            if name[0] != '_' and (callable(value) or isinstance(value, property)):
                yield path, name


def main():
    declared = set()
    for header in tree.public_headers():
        declared |= set(re.findall(r'\w+', tree.blank(header.read_text())))
        declared.add(f'gale/{header.name}')
    faults, rows = [], 0
    said = set(re.findall(r'\w+', PAGE.read_text()))
    names = [(where, name) for where, name in tornado_names() if name not in UNSAID]
    faults += [f'{tree.name(PAGE)}: nothing on tornado.{where}: {name}'
               for where, name in names if name not in said]
    for number, line in enumerate(PAGE.read_text().split('\n'), 1):
        cells = [cell.strip() for cell in line.strip().strip('|').split('|')]
        if len(cells) != 3 or cells[2].split(',')[0].split(':')[0].split(';')[0] != 'there':
            continue
        rows += 1
        for code in re.findall(r'`([^`]*)`', cells[1]):
            for word in re.findall(r'gale/\w+\.h|\bgale_\w+|\bGALE_\w+', code):
                if word not in declared:
                    faults.append(f'{tree.name(PAGE)}:{number}: no header has {word}')
            for word in re.findall(r'(?<![\w.])\.(\w+)', code):
                if word not in declared:
                    faults.append(f'{tree.name(PAGE)}:{number}: no header has a field {word}')
    tree.report(faults, f'{rows} rows say "there", and it is; {len(names)} names of Tornado placed')


if __name__ == '__main__':
    main()
