"""docsite - writes the site of the documentation: the guide in both languages, the other pages of
docs/, the manual pages, the API reference (tools/reference.py), and the sources that they show.

cmark-gfm reads Markdown, pygments colours code, mandoc turns manual pages. A page is named by the
file it is made of, and links between those files become links between pages; names of gale_ in
code lead to the reference. A link that leads nowhere is a fault, and nothing is written then that
counts: exit 1.

Usage: docsite.py BUILD_FOLDER SITE_FOLDER

SPDX-License-Identifier: MIT
"""
import concurrent.futures
import functools
import gzip
import hashlib
import html
import html.parser
import json
import os
import pathlib
import posixpath
import re
import shutil
import sys
import urllib.parse

import pygments
import pygments.formatters
import pygments.lexers

import reference
import tree

ASSETS = tree.ROOT / 'tools' / 'site'
CHAPTER = re.compile(r'^(?:- \[.*?\]\(([\w-]+)\.md\))', re.M)
TAG = re.compile(r'<[^>]*>')
LEXERS = {'c': 'c', 'cpp': 'cpp', 'c++': 'cpp', 'h': 'c', 'html': 'html+django', 'sh': 'bash',
          'console': 'console', 'py': 'python', 'python': 'python', 'meson': 'meson', 'js': 'js',
          'css': 'css', 'json': 'json', 'ini': 'ini', 'nginx': 'nginx', 'cmake': 'cmake',
          'dockerfile': 'docker', 'systemd': 'systemd', 'lua': 'lua', 'vim': 'vim'}
FORMATTER = pygments.formatters.HtmlFormatter(nowrap=True)
WORDS = {
    'en': dict(guide='Guide', reference='Reference', project='The project', other='中文',
               on_page='On this page', search='Search', menu='Menu', skip='To the text',
               theme='Light or dark', before='Previous', next='Next', source='Source', none='Nothing',
               title='documentation'),
    'zh': dict(guide='指南', reference='参考（英文）', project='项目（英文）', other='English',
               on_page='本页内容', search='搜索', menu='目录', skip='跳到正文',
               theme='浅色或深色', before='上一章', next='下一章', source='源文件', none='没有结果',
               title='文档'),
}
REFERENCE = ['docs/templates.md', 'docs/command.md', 'docs/deploying.md', 'docs/embedding.md',
             'docs/editors.md', 'docs/compared-to-tornado.md', 'docs/websocket-conformance.md']
PROJECT = ['docs/architecture.md', 'bench/RESULTS.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
# Where pages are whose names do not say it.
NAMED = {'README.md': 'index.html', 'bench/RESULTS.md': 'benchmark.html',
         'CONTRIBUTING.md': 'contributing.html', 'CHANGELOG.md': 'changelog.html',
         'docs/README.md': 'documents.html', 'include/gale': 'api/index.html',
         'include/gale/gale.h': 'api/index.html'}

# The reference's contents.
HEADERS = [
    ('Web applications', ['web', 'arguments', 'cookies', 'security', 'auth', 'jwt', 'staticfile', 'render',
                          'eventstream', 'websocket', 'websocket_io', 'topics', 'testing']),
    ('Programs', ['main', 'options', 'log', 'process', 'debug', 'metrics', 'autoreload', 'embed']),
    ('Templates and languages', ['template', 'value', 'locale', 'escape', 'json']),
    ('HTTP', ['httpserver', 'httpclient', 'httputil']),
    ('Loop and coroutines', ['ioloop', 'gen', 'locks', 'queues']),
    ('Network', ['iostream', 'tcpserver', 'tcpclient', 'netutil', 'tls']),
    ('Optional parts', ['sqlite', 'pg', 'redis', 'wsgi']),
    ('Everywhere', ['base', 'error']),
]


class Page:
    """One page: where it is in the site, which file it is of, its title and text."""

    def __init__(self, url, source, title, body, lang='en'):
        self.url, self.source, self.title, self.body, self.lang = url, source, title, body, lang
        self.headings = []    # (level, anchor, HTML of the title)
        self.around = (None, None)    # the chapters before and after it


# --- pieces of text --------------------------------------------------------------------


def text_of(markup):
    return html.unescape(TAG.sub('', markup))


def relative(url, base):
    """The link from the page base to url."""
    if re.match(r'[a-z]+:|#', url):
        return url
    path, mark, anchor = url.partition('#')
    if path == base and anchor:
        return mark + anchor
    return posixpath.relpath(path, posixpath.dirname(base) or '.') + mark + anchor


def highlighted(code, language):
    name = LEXERS.get(language)
    if not name:
        return html.escape(code, quote=False)
    lexer = pygments.lexers.get_lexer_by_name(name, stripnl=False)
    return pygments.highlight(code, lexer, FORMATTER)


class Names:
    """Links of gale_ names to the reference."""

    def __init__(self, places):
        self.places = places

    def link(self, name, base, shown=None):
        place = self.places.get(name)
        shown = shown or name
        return f'<a href="{relative("api/" + place, base)}">{shown}</a>' if place else shown

    def in_text(self, markup, base, but=()):
        """All names in HTML that is not within a link, a tag or a coloured string."""
        def replace(match):
            if match[1]:
                return match[0]
            return match[0] if match[2] in but else self.link(match[2], base, match[0])

        pattern = (r'(<a\b.*?</a>|<span class="(?:s|c|cp)[\w]*">.*?</span>|<[^>]*>)|'
                   rf'({reference.NAME.pattern})(?:\(\))?')
        return re.sub(pattern, replace, markup, flags=re.S)


def anchor_of(heading, taken):
    """As forges make them, and tools/guide.py expects."""
    once = re.sub(r'[^\w\- ]', '', text_of(heading).lower()).strip().replace(' ', '-')
    anchor, number = once, 0
    while anchor in taken:
        number += 1
        anchor = f'{once}-{number}'
    taken.add(anchor)
    return anchor


# --- pages of Markdown -----------------------------------------------------------------


def markdown(path):
    done = tree.run(['cmark-gfm', '-e', 'table', '-e', 'autolink', '-e', 'strikethrough', path])
    if done.returncode:
        raise SystemExit(f'cmark-gfm {tree.name(path)}: {done.stdout}')
    return done.stdout.replace('<!-- raw HTML omitted -->\n', '')


class Site:
    """All pages, by the names of the files they are of, and how to link them."""

    def __init__(self, build, names):
        self.build, self.names = build, names
        self.pages, self.by_source, self.wanted = {}, {}, set()
        self.faults = []

    def add(self, page):
        self.pages[page.url] = page
        self.by_source.setdefault(page.source, page)
        return page

    def url_of(self, source):
        """Where the page of a file or folder is; sources are pages because they are linked."""
        if source in NAMED:
            return NAMED[source]
        if re.match(r'include/gale/(?!template_)\w+\.h$', source):
            return 'api/' + source.rpartition('/')[2][:-2] + '.html'
        if source.endswith('.md') and source.startswith('docs/'):
            return re.sub(r'(^|/)README\.md$', r'\1index.md', source)[5:-3] + '.html'
        if source.endswith('/README.md'):
            source = source[:-len('/README.md')]
        self.wanted.add(source)
        if (tree.ROOT / source).is_dir():
            return f'source/{source}/index.html'
        return f'source/{source}.html'

    def rewrite(self, link, page):
        """A link in the file of a page, as a link between pages."""
        if re.match(r'[a-z]+:|#', link):
            return link
        path, mark, anchor = urllib.parse.unquote(link).partition('#')
        folder = page.source if (tree.ROOT / page.source).is_dir() else posixpath.dirname(page.source)
        source = posixpath.normpath(posixpath.join(folder, path))
        if source.startswith('..') or not (tree.ROOT / source).exists():
            self.faults.append(f'{page.source}: no {link}')
            return link
        return relative(self.url_of(source) + mark + anchor, page.url)

    def code(self, text, language, url):
        coloured = highlighted(text, language)
        return self.names.in_text(coloured, url) if language in ('c', 'cpp', 'c++', 'h') \
            else coloured

    def finish(self, page, markup):
        """HTML of cmark as that of a page: links, code, anchors."""
        def block(match):
            inside = self.code(html.unescape(match[2]), match[1] or '', page.url)
            return f'<pre class="code {match[1] or "text"}"><code>{inside}</code></pre>'

        def span(match):
            return match[1] or f'<code>{self.names.in_text(match[2], page.url)}</code>'

        def heading(match):
            level, inside = int(match[1]), match[2]
            anchor = anchor_of(inside, taken)
            page.headings.append((level, anchor, TAG.sub('', inside)))
            mark = f'<a class="mark" href="#{anchor}" aria-hidden="true" tabindex="-1">#</a>'
            return f'<h{level} id="{anchor}">{inside}{mark if level > 1 else ""}</h{level}>'

        taken = set()
        markup = re.sub(r'(?<=<a href=")([^"]*)', lambda match: html.escape(
            self.rewrite(html.unescape(match[1]), page)), markup)
        markup = re.sub(r'(<a\b.*?</a>|<pre.*?</pre>)|<code>(.*?)</code>', span, markup, flags=re.S)
        markup = re.sub(r'<pre><code(?: class="language-([^"]*)")?>(.*?)</code></pre>', block,
                        markup, flags=re.S)
        markup = re.sub(r'<h(\d)>(.*?)</h\1>', heading, markup, flags=re.S)
        return markup.replace('<table>', '<div class="wide"><table>') \
            .replace('</table>', '</table></div>')

    def add_markdown(self, source, markup):
        lang = 'zh' if source.startswith('docs/zh/') else 'en'
        page = self.add(Page(self.url_of(source), source, '', '', lang))
        page.body = self.finish(page, markup)
        page.title = page.headings[0][2] if page.headings else source
        return page

    def counterpart(self, page):
        """The same page in the other language."""
        source = page.source or ''
        if source.startswith('docs/zh/'):
            return self.by_source.get(source.replace('docs/zh/', 'docs/guide/', 1))
        return self.by_source.get(source.replace('docs/guide/', 'docs/zh/', 1)) \
            if source.startswith('docs/guide/') else self.by_source.get('docs/zh/README.md')

    def chapters(self, lang):
        """The chapters of the guide in the order of its contents."""
        folder = 'docs/zh' if lang == 'zh' else 'docs/guide'
        order = CHAPTER.findall((tree.ROOT / folder / 'README.md').read_text())
        return [self.by_source[f'{folder}/{name}.md'] for name in ['README', *order]
                if f'{folder}/{name}.md' in self.by_source]


def add_documents(site):
    paths = tree.files('README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'bench/RESULTS.md',
                       'docs/**/*.md')
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, markup in zip(paths, pool.map(markdown, paths)):
            site.add_markdown(tree.name(path), markup)
    for lang in ('en', 'zh'):
        chapters = site.chapters(lang)
        for i, page in enumerate(chapters):
            page.around = (chapters[i - 1] if i else None,
                           chapters[i + 1] if i + 1 < len(chapters) else None)


# --- manual pages ----------------------------------------------------------------------


def add_manuals(site):
    """What `gale man` wrote into the build."""
    paths = sorted((site.build / 'share').glob('gale*.1'))
    if not paths:
        site.faults.append(f'no manual pages in {site.build.name}/share')
    listed = []
    for path in paths:
        done = tree.run(['mandoc', '-Thtml', '-Ofragment,man=%N.html', path])
        name = path.name[:-2]
        body = re.sub(r'<table class="(?:head|foot)">.*?</table>', '', done.stdout, flags=re.S)
        body = re.sub(r'<a class="permalink"[^>]*>(.*?)</a>', r'\1', body, flags=re.S)
        body = re.sub(r'<h1 class="Sh"( id="[^"]*")?>(.*?)</h1>', r'<h2\1>\2</h2>', body)
        page = site.add(Page(f'man/{name}.html', None, f'{name}(1)', ''))
        page.headings = [(2, match[1], match[2]) for match in
                         re.finditer(r'<h2 id="([^"]*)">(.*?)</h2>', body)]
        page.body = f'<h1>{name}(1)</h1>\n{body}'
        about = re.search(r'(?:—|&#x2014;|-)\s*(.*?)\s*</', re.sub(
            r'</?(?:span|code)[^>]*>', '', body), re.S)
        listed.append((name, about[1] if about else ''))
    rows = ''.join(f'<dt><a href="{name}.html">{name}(1)</a></dt><dd>{about}</dd>'
                   for name, about in listed)
    site.add(Page('man/index.html', None, 'Manual pages',
                  f'<h1>Manual pages</h1>\n<dl>{rows}</dl>'))


# --- the reference ---------------------------------------------------------------------


def prose(site, text, url, own=()):
    """A contract: names lead to their places, code is coloured."""
    def block(match):
        return f'<pre class="code c"><code>{site.code(html.unescape(match[1]), "c", url)}</code></pre>'

    parts = re.split(r'(<pre class="code">.*?</pre>)', text, flags=re.S)
    parts = [re.sub(r'<pre class="code">(.*?)</pre>', block, part, flags=re.S)
             if part.startswith('<pre') else site.names.in_text(part, url, own) for part in parts]
    return re.sub(r'<p>\s*</p>', '', ''.join(parts))


def in_lines(code):
    """A long declaration with each parameter in a line of its own."""
    match = re.match(r'([^()]*(?:\(\*\w*\))?\()(.*)(\);)$', code, re.S)
    if len(code) <= 96 or not match:
        return code
    pieces, depth = [''], 0
    for char in match[2]:
        depth += (char == '(') - (char == ')')
        if char == ',' and depth == 0:
            pieces.append('')
        else:
            pieces[-1] += char
    return match[1] + '\n    ' + ',\n    '.join(piece.strip() for piece in pieces) + match[3]


def declaration(site, code, url, own):
    return site.names.in_text(highlighted(in_lines(code), 'c').rstrip('\n'), url, own)


def field_rows(site, entry, url):
    """The fields of a struct, the values of an enumeration."""
    if not entry.fields:
        return ''
    rows = []
    for names, codes, text in entry.fields:
        ids = ''.join(f'<span id="{name}"></span>' for name in names
                      if reference.NAME.fullmatch(name))
        code = '\n'.join(declaration(site, code, url, names) for code in codes)
        rows.append(f'<dt>{ids}<code>{code}</code></dt><dd>{prose(site, text, url, names)}</dd>')
    return f'<dl class="fields">{"".join(rows)}</dl>'


def blocks(header):
    """Entries, each with those that share its contract."""
    found = []
    for entry in header.entries:
        found[-1].append(entry) if entry.joined and found else found.append([entry])
    return found


def block_of(site, entries, url):
    own = [name for entry in entries for name in entry.names]
    ids = ''.join(f'<span id="{name}"></span>' for name in own if name[0] != '@')
    text = next((entry.text for entry in entries if entry.text), '')
    contract = f'<div class="contract">{prose(site, text, url, own)}</div>' if text else ''
    pieces = []
    for entry in entries:
        code = '\n'.join(declaration(site, code, url, own) for code in entry.codes)
        pieces.append(f'<pre class="code c declaration"><code>{code}</code></pre>{contract}'
                      f'{field_rows(site, entry, url)}')
        contract = ''
    return f'<section class="entry">{ids}{"".join(pieces)}</section>'


def header_page(site, header):
    name = header.name
    url = f'api/{name[:-2]}.html'
    page = site.add(Page(url, f'include/gale/{name}', f'gale/{name}', ''))
    source = relative(f'source/include/gale/{name}.html', url)
    site.wanted.add(f'include/gale/{name}')
    brief = header.brief[:1].upper() + header.brief[1:]
    pieces = [f'<h1>gale/{name}</h1>\n<p class="lead">{html.escape(brief, quote=False)}</p>',
              f'<p><code>#include &lt;gale/{name}&gt;</code> · '
              f'<a href="{source}">{WORDS["en"]["source"]}</a></p>',
              prose(site, header.text, url)]
    sections, taken = list(header.sections), set()
    for entries in blocks(header):
        while sections and sections[0][0] < entries[0].line:
            title = sections.pop(0)[1]
            title = html.escape(title[:1].upper() + title[1:], quote=False)
            anchor = 'section-' + anchor_of(title, taken)
            page.headings.append((2, anchor, title))
            pieces.append(f'<h2 id="{anchor}">{title}</h2>')
        pieces.append(block_of(site, entries, url))
        page.headings += [(3, name, name) for entry in entries for name in entry.names
                          if name[0] != '@']
    page.body = '\n'.join(pieces)
    return page


def list_of(site, headers):
    """The headers with their purpose, by what they are for; what no group names comes last."""
    known = {header.name: header for header in headers}
    groups = [(title, [known.pop(name + '.h') for name in names if name + '.h' in known])
              for title, names in HEADERS]
    groups.append(('Further', list(known.values())))
    pieces = []
    for title, group in groups:
        rows = ''.join(f'<dt><a href="{header.name[:-2]}.html">gale/{header.name}</a></dt>'
                       f'<dd>{html.escape(header.brief[:1].upper() + header.brief[1:], quote=False)}'
                       '</dd>' for header in group)
        if rows:
            pieces.append(f'<h2 id="{anchor_of(title, set())}">{title}</h2>\n<dl>{rows}</dl>')
    return '\n'.join(pieces)


def add_reference(site, headers):
    for header in headers:
        header_page(site, header)
    n = len(site.names.places)
    names = ''.join(f'<li>{site.names.link(name, "api/names.html")}</li>'
                    for name in sorted(site.names.places, key=str.lower))
    site.add(Page('api/names.html', None, 'All names', f'<h1>All names</h1>\n<p>{n} functions, '
                  f'types, constants and macros.</p>\n<ul class="names">{names}</ul>'))
    page = site.add(Page('api/index.html', 'include/gale', 'API reference', (
        '<h1>API reference</h1>\n<p>Each function says what it does, whether it waits, who owns what '
        'and how it fails; each header begins with what holds for all of it. '
        '<code>&lt;gale/gale.h&gt;</code> includes all but the optional parts. '
        f'<a href="names.html">All {n} names</a> in one list.</p>\n' + list_of(site, headers))))
    page.headings = [(2, match[1], match[2]) for match in
                     re.finditer(r'<h2 id="(.*?)">(.*?)</h2>', page.body)]


# --- sources ---------------------------------------------------------------------------


def source_files(folder):
    found = [path for path in tree.files(f'{folder}/**/*', f'{folder}/*')
             if '.' not in (path.name[0], path.suffix) and '__pycache__' not in path.parts]
    return [tree.name(path) for path in found]


def add_folder(site, folder):
    url = f'source/{folder}/index.html'
    page = site.add(Page(url, folder, f'{folder}/', ''))
    readme = tree.ROOT / folder / 'README.md'
    body = site.finish(page, markdown(readme)) if readme.exists() else f'<h1>{folder}/</h1>'
    rows = ''.join(f'<li><a href="{relative(site.url_of(name), url)}">{name[len(folder) + 1:]}</a></li>'
                   for name in source_files(folder) if not name.endswith('README.md'))
    page.body = f'{body}\n<ul class="files">{rows}</ul>'
    page.title = page.headings[0][2] if page.headings else f'{folder}/'


def add_file(site, name):
    path = tree.ROOT / name
    url = f'source/{name}.html'
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        site.add(Page(url, name, name, f'<h1>{name}</h1>\n<p>{path.stat().st_size} bytes.</p>'))
        return
    kind = 'meson' if path.name == 'meson.build' else path.suffix[1:]
    body = site.code(text, kind, url) if len(text) < 200000 else html.escape(text, quote=False)
    site.add(Page(url, name, name, f'<h1>{name}</h1>\n<pre class="code whole"><code>{body}</code></pre>'))


def add_sources(site):
    """Pages of what is linked, and of what those link."""
    done = set()
    while site.wanted - done:
        for name in sorted(site.wanted - done):
            done.add(name)
            add_folder(site, name) if (tree.ROOT / name).is_dir() else add_file(site, name)


# --- the frame around a page -----------------------------------------------------------


def entry_of(page, current, title=None):
    mark = ' aria-current="page"' if page is current else ''
    return f'<li><a href="{relative(page.url, current.url)}"{mark}>{title or page.title}</a></li>'


def short(title):
    return title.replace('WebSockets: every rule and its test', 'WebSocket conformance')


def navigation(site, page):
    words = WORDS[page.lang]
    pieces = [f'<p>{words["guide"]}</p><ul>',
              *(entry_of(each, page) for each in site.chapters(page.lang)), '</ul>',
              f'<p>{words["reference"]}</p><ul>', entry_of(site.pages['api/index.html'], page)]
    if page.url.startswith('api/'):
        pieces += ['<li><ul>', *(entry_of(each, page, each.title[5:]) for url, each in
                                 sorted(site.pages.items()) if url.startswith('api/') and
                                 each.title.startswith('gale/')), '</ul></li>']
    pieces += [entry_of(site.pages['man/index.html'], page)]
    further = sorted(name for name in site.by_source if name and posixpath.dirname(name) == 'docs' and
                     name not in REFERENCE + PROJECT and name not in NAMED)
    pieces += [entry_of(site.by_source[name], page, short(site.by_source[name].title))
               for name in [name for name in REFERENCE if name in site.by_source] + further]
    pieces += [f'</ul><p>{words["project"]}</p><ul>',
               *(entry_of(site.by_source[name], page) for name in PROJECT), '</ul>']
    return '\n'.join(pieces)


def contents(page):
    found = [(level, anchor, title) for level, anchor, title in page.headings if level in (2, 3)]
    if len(found) < 3:
        return ''
    rows = ''.join(f'<li class="level{level}"><a href="#{anchor}">{title}</a></li>'
                   for level, anchor, title in found)
    return f'<aside><p>{WORDS[page.lang]["on_page"]}</p><ul>{rows}</ul></aside>'


def neighbours(page):
    words = WORDS[page.lang]
    links = [f'<a rel="{rel}" href="{relative(each.url, page.url)}"><small>{words[word]}</small> '
             f'{each.title}</a>' for each, rel, word in
             zip(page.around, ('prev', 'next'), ('before', 'next')) if each]
    return f'<div class="around">{"".join(links)}</div>' if links else ''


@functools.cache
def version(name):
    return hashlib.sha256((ASSETS / name).read_bytes()).hexdigest()[:10]


def asset(name, page):
    return f'{relative(name, page.url)}?v={version(name)}'


def whole(site, page, template):
    other = site.counterpart(page)
    words = WORDS[page.lang]
    language = 'en' if page.lang == 'zh' else 'zh-Hans'
    same = other and other.source.startswith('docs/') and page.source and \
        page.source.startswith(('docs/zh/', 'docs/guide/'))
    link = relative(other.url, page.url) if other else ''
    values = dict(
        lang='zh-Hans' if page.lang == 'zh' else 'en', title=page.title, site=words['title'],
        style=asset('style.css', page), script=asset('site.js', page),
        icon=asset('icon.svg', page), home=relative('index.html', page.url),
        root=relative('index.html', page.url)[:-len('index.html')],
        alternate=f'<link rel="alternate" hreflang="{language}" href="{link}">' if same else '',
        other=f'<a class="language" lang="{language}" hreflang="{language}" href="{link}">'
              f'{words["other"]}</a>' if other else '',
        navigation=navigation(site, page), contents=contents(page), body=page.body,
        neighbours=neighbours(page), **{name: words[name] for name in (
            'search', 'menu', 'skip', 'theme', 'none')})
    return re.sub(r'@(\w+)@', lambda match: str(values[match[1]]), template)


def search_index(site):
    """What the search of a page looks through: [title, page's title, url]."""
    rows = []
    for page in site.pages.values():
        if page.url.startswith(('source/', 'api/names', '404')):
            continue
        rows.append([html.unescape(page.title), '', page.url])
        rows += [[html.unescape(title), html.unescape(page.title), f'{page.url}#{anchor}']
                 for level, anchor, title in page.headings if level > 1]
    return 'window.galeSearch = ' + json.dumps(rows, ensure_ascii=False,
                                               separators=(',', ':')) + ';\n'


# --- links -----------------------------------------------------------------------------


class Links(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.links = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids.add(attrs.get('id'))
        if tag != 'base':
            self.links |= {attrs[name] for name in ('href', 'src') if attrs.get(name)}


def dead_links(out, texts):
    """Links between pages that lead nowhere."""
    found = {url: Links(text) for url, text in texts.items()}
    for url, page in found.items():
        for link in sorted(page.links):
            if re.match(r'[a-z]+:', link):
                continue
            path, _, anchor = urllib.parse.unquote(link).partition('#')
            path = path.partition('?')[0]
            folder = '' if url == '404.html' else posixpath.dirname(url)
            target = posixpath.normpath(posixpath.join(folder, path.lstrip('/'))) if path else url
            if target not in found and not (out / target).is_file():
                yield f'{url}: dead link {link}'
            elif anchor and target in found and anchor not in found[target].ids:
                yield f'{url}: no place {link}'


# --- writing ---------------------------------------------------------------------------


def compress(out):
    """Precompressed forms for the server that gives them out: .gz, and .br where brotli is."""
    paths = [path for path in out.rglob('*') if path.suffix in ('.html', '.css', '.js', '.svg') and
             path.stat().st_size > 1024]
    for path in paths:
        pathlib.Path(f'{path}.gz').write_bytes(gzip.compress(path.read_bytes(), 6, mtime=0))
    if shutil.which('brotli'):
        for i in range(0, len(paths), 100):
            tree.run(['brotli', '-q', '6', '-f', '-k', *paths[i:i + 100]])
        for path in paths:
            os.utime(f'{path}.br')    # brotli gives it the time of its source, rounded down


def lost_page(site):
    """What is answered for a page that is not there, wherever that would be."""
    body = ('<h1>404: no such page</h1>\n<p>Nothing is here. The <a href="/guide/index.html">guide</a>, '
            'the <a href="/api/index.html">API reference</a> and the search above may lead on.</p>\n'
            '<p lang="zh-Hans">没有这个页面。请看<a href="/zh/index.html">中文指南</a>。</p>')
    return Page('404.html', None, '404', body)


def write(site, out):
    template = (ASSETS / 'page.html').read_text()
    lost = lost_page(site)
    texts = {url: whole(site, page, template) for url, page in site.pages.items()}
    texts['404.html'] = whole(site, lost, template).replace('<head>', '<head>\n<base href="/">', 1)
    for name in ('style.css', 'site.js', 'icon.svg'):
        shutil.copyfile(ASSETS / name, out / name)
    (out / 'search.js').write_text(search_index(site))
    for url, text in texts.items():
        path = out / url
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    site.faults += dead_links(out, texts)
    compress(out)
    return len(texts)


def fresh(out):
    """An empty folder of ours; one that holds something else is left alone."""
    if out.exists() and any(out.iterdir()) and not (out / 'search.js').exists():
        raise SystemExit(f'{out}: not empty, and no site')
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)


def main():
    build, out = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
    fresh(out)
    work = out / '.doxygen'
    work.mkdir()
    warnings = reference.run_doxygen(work)
    headers = reference.read(work)
    shutil.rmtree(work)
    site = Site(build, Names(reference.places(headers)))
    site.faults += [warnings] if warnings else []
    add_documents(site)
    add_manuals(site)
    add_reference(site, headers)
    add_sources(site)
    n = write(site, out)
    tree.report(site.faults, f'{n} pages, no dead link')


if __name__ == '__main__':
    main()
