"""gale_metrics_handler over the wire: the text format by a strict parser, figures that are true."""
# SPDX-License-Identifier: MIT
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire    # noqa: E402

NAME = r'[a-zA-Z_:][a-zA-Z0-9_:]*'
SAMPLE = re.compile(r'(' + NAME + r')(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (-?[0-9.e+-]+)')


def parse(text):
    """Format 0.0.4 as promtool checks it: each family once, HELP and TYPE before its samples, counters
    named _total, the last line ended."""
    assert text.endswith('\n'), text[-100:]
    types, helps, values = {}, set(), {}
    for line in text[:-1].split('\n'):
        words = line.split(' ', 3)
        if line.startswith('# HELP '):
            assert words[2] not in helps and len(words) == 4, line
            helps.add(words[2])
        elif line.startswith('# TYPE '):
            assert words[2] in helps and words[2] not in types, line
            assert words[3] in ('counter', 'gauge', 'histogram', 'summary'), line
            assert (words[3] == 'counter') == words[2].endswith('_total'), line
            types[words[2]] = words[3]
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            family = list(types)[-1]
            parts = {'histogram': ('_bucket', '_sum', '_count'), 'summary': ('_sum', '_count')}
            assert match[1] in [family + part for part in parts.get(types[family], ('',))], line
            key = match[1] + (match[2] or '')
            assert key not in values, line
            values[key] = float(match[3])
    assert set(types) == helps
    return values


class Metrics(gale_wire.TestCase):
    program = 'metrics_server'
    args = ('--port=0', '--address=127.0.0.1', '--logging=none', '--threads=2')

    def scrape(self, path='/metrics'):
        answer = self.server.get(path, 'Connection: close\r\n')
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer['Content-Type'], 'text/plain; version=0.0.4; charset=utf-8')
        return parse(answer.body.decode())

    def test_the_figures_are_true(self):
        before = self.scrape()
        with self.server.connect() as c:
            for _ in range(5):
                c.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
                c.response()
            after = self.scrape()
            self.assertGreaterEqual(after['gale_http_connections'], 2)
        self.server.exchange(b'BAD\r\n\r\n')
        last = self.scrape()
        self.assertEqual(after['gale_http_requests_total'] - before['gale_http_requests_total'], 6)
        self.assertEqual(
            after['gale_http_connections_accepted_total'] - before['gale_http_connections_accepted_total'], 2)
        self.assertGreaterEqual(after['gale_http_requests_active'], 1)
        self.assertEqual(last['gale_http_refused_total'] - after['gale_http_refused_total'], 1)
        self.assertGreater(after['process_resident_memory_bytes'], 1 << 20)
        self.assertGreater(after['process_cpu_seconds_total'], 0)
        self.assertGreater(last['process_open_fds'], 3)

    def test_answers_by_class_and_time(self):
        before = self.scrape()
        for path in ('/', '/', '/nothing'):
            self.server.get(path, 'Connection: close\r\n')
        after = self.scrape()
        more = {name: value - before[name] for name, value in after.items()}
        self.assertEqual(more['gale_http_responses_total{class="2xx"}'], 3)    # the first scrape, too
        self.assertEqual(more['gale_http_responses_total{class="4xx"}'], 1)
        self.assertEqual(more['gale_http_request_duration_seconds_count'], 4)
        self.assertEqual(more['gale_http_request_duration_seconds_bucket{le="+Inf"}'], 4)
        self.assertEqual(more['gale_http_request_duration_seconds_bucket{le="16.777216"}'], 4)
        self.assertGreater(more['gale_http_request_duration_seconds_sum'], 0)
        buckets = [value for name, value in after.items() if '_bucket' in name]
        self.assertEqual((buckets, len(buckets)), (sorted(buckets), 20))
        self.assertGreater(more['gale_http_received_bytes_total'], 4 * 50)
        self.assertGreater(more['gale_http_sent_bytes_total'], 4 * 100)
        self.assertGreaterEqual(after['gale_loop_lag_max_seconds'], 0)

    def test_the_programs_own_figures_follow(self):
        values = self.scrape('/shop/metrics')
        self.assertEqual(values['shop_orders_total{kind="a \\"b\\""}'], 3)
        self.assertGreaterEqual(values['gale_http_requests_total'], 1)


if __name__ == '__main__':
    gale_wire.main()
