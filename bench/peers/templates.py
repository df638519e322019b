"""templates - nanoseconds that Tornado's templates and Jinja2 take for the pages that
bench/template.c renders: each line a page, an engine, a figure.

Usage: templates.py FOLDER SECONDS
"""
# SPDX-License-Identifier: MIT
import json
import pathlib
import sys
import time

import jinja2
import tornado.template


def measure(render, seconds):
    best, end = float('inf'), time.perf_counter() + seconds
    render()
    while time.perf_counter() < end:
        start = time.perf_counter()
        render()
        best = min(best, time.perf_counter() - start)
    return best * 1e9


def for_jinja(text):
    return (text.replace('{% end %}</ul>', '{% endfor %}</ul>').replace('</p>{% end %}', '</p>{% endif %}')
            .replace('{% end %}', '{% endfor %}').replace('len(user[\'messages\'])', '(user[\'messages\']|length)'))


def values(folder):
    table = {'page_title': "mitsuhiko's benchmark", 'table': [dict(zip('abcdefghij', range(1, 11)))] * 1000}
    cells = [f'<td>{n} & "cell"' if n % 5 == 0 else f'cell {n}' for n in range(10)]
    lists = {'page_title': 'a table of texts', 'table': [list(cells)] * 1000}
    page = json.loads((folder / 'page.json').read_text())
    return [('table', 'table.html', table), ('lists', 'table.html', lists), ('page', 'page.html', page)]


def main():
    folder, seconds = pathlib.Path(sys.argv[1]), float(sys.argv[2])
    for name, file, names in values(folder):
        text = (folder / file).read_text()
        ours = dict(names)
        if name == 'page':
            class Item(dict):
                __getattr__ = dict.__getitem__
            ours = json.loads(json.dumps(names), object_hook=Item)
        template = tornado.template.Template(text, name=file)
        print(name, 'tornado', round(measure(lambda: template.generate(**ours), seconds)))
        environment = jinja2.Environment(autoescape=True)
        other = environment.from_string(for_jinja(text))
        print(name, 'jinja2', round(measure(lambda: other.render(**names), seconds)))


if __name__ == '__main__':
    main()
