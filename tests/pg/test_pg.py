"""test_pg - a pool of connections to a real PostgreSQL, that is killed and comes back. See include/gale/pg.h."""
# SPDX-License-Identifier: MIT
import json
import os
import pathlib
import select
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'support'))
import gale_postgres  # noqa: E402
import gale_wire  # noqa: E402

SHARED = []


def server():
    """One for all tests; who kills it starts it again."""
    if not SHARED:
        SHARED.append(gale_postgres.Postgres())
        unittest.addModuleCleanup(SHARED[0].stop)
    return SHARED[0]


class Node(gale_wire.Program):
    """pg_node: commands go in, and what came of each is kept by its number."""

    def __init__(self, conninfo, env=None, **options):
        self.last, self.answers, self.events = 0, {}, []
        super().__init__('pg_node', conninfo, json.dumps(options), env=env)
        self.output = self.output.split(b'port 0\n', 1)[1]

    def send(self, do, **command):
        self.last += 1
        line = json.dumps({'id': self.last, 'do': do, **command})
        self.process.stdin.write(line.encode() + b'\n')
        self.process.stdin.flush()
        return self.last

    def read(self):
        line = self.read_until(rb'.*\n')[0]
        self.output = self.output[len(line):]
        assert line.startswith(b'{') or b' W ' in line or line.startswith(b'[W'), line + self.process.stdout.read()
        if not line.startswith(b'{'):
            return
        answer = json.loads(line)
        if 'event' in answer:
            self.events.append(answer)
        else:
            self.answers[answer['id']] = answer

    def answer(self, number):
        while number not in self.answers:
            self.read()
        return self.answers.pop(number)

    def event(self):
        while not self.events:
            self.read()
        return self.events.pop(0)

    def ask(self, do, **command):
        return self.answer(self.send(do, **command))

    def query(self, sql, *params, **more):
        return self.ask('query', sql=sql, params=list(params), **more)

    def value(self, sql, *params):
        answer = self.query(sql, *params)
        assert answer['result'] == 1, answer
        return next(iter(answer['rows'][0].values()))

    def until(self, condition):
        end = time.monotonic() + gale_wire.TIMEOUT
        while not condition():
            assert time.monotonic() < end, 'it did not come about in time'
            time.sleep(0.01)


@unittest.skipIf(gale_postgres.MISSING, gale_postgres.MISSING)
class PgTest(unittest.TestCase):
    def node(self, conninfo=None, env=None, **options):
        node = Node(conninfo or server().conninfo, env, **options)
        self.addCleanup(self.end, node)
        return node

    def end(self, node):
        node.process.stdin.close()
        node.process.stdin = None
        status = node.process.wait(gale_wire.TIMEOUT)
        output = (node.output + node.process.stdout.read()).decode()
        node.process.stdout.close()
        self.assertEqual(status, 0, output[-6000:])

    def check(self, answer, name, text='', state=None):
        self.assertEqual(answer.get('name'), name, answer)
        self.assertIn(text, answer['error'])
        if state is not None:
            self.assertEqual(answer['state'], state)


class Queries(PgTest):
    @classmethod
    def setUpClass(cls):
        cls.shared = Node(server().conninfo)

    @classmethod
    def tearDownClass(cls):
        PgTest('run').end(cls.shared)

    def test_values_of_all_types(self):
        row = self.shared.query(
            "SELECT $1::int AS i, $2::float8 AS f, $3::bool AS b, $4::text AS t, $5::bytea AS y, $6::jsonb AS j,"
            " $7::text AS n, $8::numeric AS d, $9::bigint AS big, '2026-01-02'::date AS day, ''::bytea AS none,"
            " 5::float4 AS whole, $10::int[] AS list",
            5, 0.1, True, 'tëxt', {'base64': '/wAB'}, {'x': [1, None]}, None, '12.50', -2**63, '{1,2}')['rows'][0]
        self.assertEqual(row, {'i': 5, 'f': 0.1, 'b': True, 't': 'tëxt', 'y': '/wAB', 'j': {'x': [1, None]},
                               'n': None, 'd': '12.50', 'big': -2**63, 'day': '2026-01-02', 'none': '',
                               'whole': 5.0, 'list': '{1,2}'})
        self.assertIsInstance(row['whole'], float)

    def test_rows_counts_and_failures(self):
        node = self.shared
        self.assertEqual(node.ask('exec', sql='CREATE TABLE t (id serial PRIMARY KEY, v text UNIQUE, n int '
                                              'CHECK (n > 0)); INSERT INTO t (v) VALUES (\'a\'), (\'b\')')['result'], 0)
        self.assertEqual(node.query('INSERT INTO t (v) VALUES ($1), ($2)', 'c', 'd')['result'], 2)
        self.assertEqual(node.query('INSERT INTO t (v) VALUES ($1) RETURNING id, v', 'e')['rows'], [{'id': 5, 'v': 'e'}])
        self.assertEqual(node.query('UPDATE t SET n = 1 WHERE id > $1', 3)['result'], 2)
        self.assertEqual(node.query('SELECT v FROM t WHERE id < 3 ORDER BY id')['rows'], [{'v': 'a'}, {'v': 'b'}])
        self.assertEqual(node.query('SELECT v FROM t WHERE id = 99')['result'], 0)
        self.check(node.query('INSERT INTO t (v) VALUES ($1)', 'a'), 'EEXIST', 'duplicate key', '23505')
        self.check(node.query('INSERT INTO t (n) VALUES (0)'), 'GALE_EINVAL', 'check constraint', '23514')
        self.check(node.query('SELECT é FRM x WHERE'), 'GALE_EINVAL', f':{server().port}): syntax error at or near "x" at: x WHERE', '42601')
        self.check(node.query('SELECT $1::int', 'x'), 'GALE_EINVAL', 'invalid input syntax', '22P02')
        self.check(node.query('SELECT $1::text', 'a\0b'), 'GALE_EINVAL', '$1 has a NUL')
        self.check(node.query('SELECT $1::int', 1, 2), 'GALE_EINVAL', '', '08P01')
        self.check(node.query("SELECT 'NaN'::float8 AS x"), 'GALE_EINVAL', 'column x')
        self.check(node.query(''), 'GALE_EINVAL', 'no statement')
        self.check(node.query('COPY t TO STDOUT'), 'GALE_EINVAL')
        self.check(node.query('BEGIN'), 'GALE_EINVAL', 'gale_pg_transaction')
        self.check(node.ask('exec', sql='INSERT INTO t (v) VALUES (\'x\'); SELECT 1/0'), 'GALE_EINVAL', 'division', '22012')
        self.assertEqual(node.value('SELECT count(*) FROM t'), 5)

    def test_prepared_statements_follow_their_tables(self):
        node = self.node(max_connections=1, statements=3)
        node.ask('exec', sql='CREATE TABLE p (a int); INSERT INTO p VALUES (1)')
        for n in range(9):  # more than are kept
            self.assertEqual(node.value(f'SELECT {n % 5} + $1::int', 1), n % 5 + 1)
        self.assertEqual(node.value("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'gale_%'"), 3)
        self.assertEqual(node.query('SELECT * FROM p')['rows'], [{'a': 1}])
        node.ask('exec', sql='ALTER TABLE p ADD b int')
        self.assertEqual(node.query('SELECT * FROM p')['rows'], [{'a': 1, 'b': None}])
        node.ask('exec', sql='ALTER TABLE p ADD c int')
        calls = node.ask('batch', calls=[{'sql': 'SELECT 1 AS x'}, {'sql': 'SELECT * FROM p'}])['calls']
        self.assertEqual(calls[1]['rows'], [{'a': 1, 'b': None, 'c': None}])
        node.ask('exec', sql='DEALLOCATE ALL')
        self.assertEqual(node.query('SELECT * FROM p')['result'], 1)
        # One that was skipped, as one before it failed, has not been prepared.
        for n in range(4):
            node.ask('batch', all=True, calls=[{'sql': 'SELECT 1/0'}, {'sql': f'SELECT {n} AS skipped'}])
        for n in range(9):
            self.assertEqual(node.value(f'SELECT {n} AS again'), n)
        calls = [{'sql': f'SELECT {n} AS many'} for n in range(9)]
        self.assertEqual([c['result'] for c in node.ask('batch', calls=calls)['calls']], [1] * 9)
        none = self.node(statements=-1)
        self.assertEqual(none.value('SELECT $1::int', 1), 1)
        self.assertEqual(none.value('SELECT count(*) FROM pg_prepared_statements'), 0)

    def test_too_many_rows(self):
        node = self.node(max_rows=10, max_connections=1)
        self.assertEqual(node.query('SELECT generate_series(1, 10)')['result'], 10)
        self.check(node.query('SELECT generate_series(1, 100000000)'), 'GALE_ETOOBIG', 'more than 10 rows')
        self.assertEqual(node.query('SELECT generate_series(1, 10)')['result'], 10)

    def test_transactions(self):
        node = self.shared
        node.ask('exec', sql='CREATE TABLE x (v int UNIQUE)')

        def insert(v, **more):
            return {'do': 'query', 'sql': f'INSERT INTO x VALUES ({v})', **more}

        def transaction(*steps, **more):
            return node.ask('transaction', steps=steps, **more)

        def values():
            return [row['v'] for row in node.query('SELECT v FROM x ORDER BY v')['rows']]

        done = transaction(insert(1), insert(2))
        self.assertEqual(done['result'], 5, done)
        self.assertEqual(transaction(insert(3), fail=True)['result'], -20418)
        self.check(transaction(insert(4), insert(1)), 'EEXIST', 'duplicate')
        self.check(transaction(insert(4), insert(1, ignored=True)), 'GALE_ESTATE', 'rolled back')
        self.assertEqual(values(), [1, 2])
        inner = {'do': 'transaction', 'steps': [insert(5), insert(1)], 'ignored': True}
        good = {'do': 'transaction', 'steps': [insert(6)]}
        self.assertEqual(transaction(insert(7), inner, good)['result'], 5)
        self.assertEqual(values(), [1, 2, 6, 7])
        each = {'do': 'each', 'sql': 'SELECT v FROM x ORDER BY v', 'inner': insert(8), 'stop at': 2}
        done = transaction(each, insert(9))
        self.assertEqual(done['result'], 5)
        self.assertEqual(done['steps'][0]['rows'][1]['name'], 'GALE_ESTATE')
        self.assertEqual(values(), [1, 2, 6, 7, 9])
        script = {'do': 'exec', 'sql': 'INSERT INTO x VALUES (11); INSERT INTO x VALUES (12)'}
        self.assertEqual(transaction(script, insert(13), fail=True)['result'], -20418)
        self.assertEqual(transaction(script)['result'], 5)
        self.assertEqual(values(), [1, 2, 6, 7, 9, 11, 12])
        # One that is still at it when the transaction ends.
        behind = {'do': 'spawn', 'inner': {'do': 'query', 'sql': 'SELECT pg_sleep(20)'}}
        transaction(behind, fail=True)
        self.assertLess(node.event()['result'], 0)
        # Its client has gone in the middle: rolled back, and the connection is of use again.
        self.check(transaction(insert(10), {'do': 'query', 'sql': 'SELECT pg_sleep(20)'}, timeout=0.1), 'GALE_ETIMEDOUT')
        self.assertEqual(node.query('INSERT INTO x VALUES (10)')['result'], 1)

    def test_batches(self):
        node = self.shared
        node.ask('exec', sql='CREATE TABLE b (v int UNIQUE)')
        statements = [{'sql': 'INSERT INTO b VALUES ($1) RETURNING v', 'params': [1]}, {'sql': 'SELEC'},
                      {'sql': 'SELEC'}, {'sql': 'INSERT INTO b VALUES ($1) RETURNING v', 'params': [1]},
                      {'sql': 'SELECT $1::text', 'params': ['\0']},
                      {'sql': 'INSERT INTO b VALUES ($1) RETURNING v', 'params': [2]}]
        done = node.ask('batch', calls=statements)
        self.check(done, 'GALE_EINVAL', 'syntax error', '42601')
        self.assertEqual([c['result'] for c in done['calls']], [1, -10008, -10008, -17, -10008, 1])
        self.assertIn('syntax error', done['calls'][2]['error'])
        self.assertIn('duplicate key', done['calls'][3]['error'])
        self.assertEqual(done['calls'][5]['rows'], [{'v': 2}])
        for all_of, batch in ((True, node.ask), (False, lambda do, **c: node.ask(
                'transaction', steps=[{'do': do, **c}])['steps'][0])):
            done = batch('batch', all=all_of, calls=[{'sql': 'INSERT INTO b VALUES (3)'}, {'sql': 'SELECT 1/0'},
                                                     {'sql': 'INSERT INTO b VALUES (4)'}])
            self.assertEqual([c['result'] for c in done['calls']], [1, -10008, -10003])
            self.assertIn('division', done['error'])
        self.assertEqual(node.value('SELECT array_agg(v) FROM b'), '{1,2}')
        # The connection breaks in the middle: what was done before is told.
        broken = [{'sql': 'SELECT 1 AS x'}, {'sql': 'SELECT pg_terminate_backend(pg_backend_pid())'}, {'sql': 'SELECT 2'}]
        done = node.ask('batch', calls=broken)
        self.assertEqual([c['result'] for c in done['calls']], [1, -10001, -10001])
        self.assertIn('terminating connection', done['error'])
        done = node.ask('batch', all=True, calls=broken)
        self.assertEqual([c['result'] for c in done['calls']][:2], [-10001] * 2)
        self.assertLess(done['calls'][2]['result'], 0)
        # More each way than the sockets hold.
        many = node.ask('batch', brief=True, calls=[{'sql': f"SELECT {n}, repeat('x', 1000000)"} for n in range(50)])
        self.assertEqual([c['result'] for c in many['calls']], [1] * 50)


class Pool(PgTest):
    def test_a_hundred_coroutines_share_five_connections(self):
        node = self.node(max_connections=5)
        asked = [node.send('query', sql='SELECT $1::int AS n, pg_backend_pid() AS pid, pg_sleep(0.002)', params=[n])
                 for n in range(100)]
        rows = [node.answer(number)['rows'][0] for number in asked]
        self.assertEqual([row['n'] for row in rows], list(range(100)))
        self.assertLessEqual(len({row['pid'] for row in rows}), 5)
        stats = node.ask('stats')
        self.assertEqual((stats['connections'], stats['idle'], stats['waiting']), (5, 5, 0))

    def test_first_come_first_served_until_a_deadline(self):
        node = self.node(max_connections=1)
        node.query('SELECT 1')
        first = node.send('query', sql='SELECT pg_sleep(0.6)')
        late = node.send('query', sql='SELECT 1', timeout=0.05)
        asked = [node.send('query', sql='SELECT clock_timestamp()::text') for _ in range(5)]
        gone = node.send('query', sql='SELECT 1')
        self.assertGreaterEqual(node.ask('stats')['waiting'], 6)  # late may have left
        node.ask('cancel', of=gone)
        self.check(node.answer(gone), 'GALE_ECANCELED')
        self.check(node.answer(late), 'GALE_ETIMEDOUT', 'no connection to PostgreSQL was free')
        self.assertEqual(node.answer(first)['result'], 1)
        times = [node.answer(number)['rows'][0]['clock_timestamp'] for number in asked]
        self.assertEqual(times, sorted(times))

    def test_what_takes_too_long_is_cancelled_on_the_server_and_blocks_nobody(self):
        node, other = self.node(max_connections=1, query_timeout=1), self.node()
        node.query('SELECT 1')
        node.ask('gap')
        pid = node.value('SELECT pg_backend_pid()')
        self.check(node.query('SELECT pg_sleep(20)'), 'GALE_ETIMEDOUT', 'it took too long')
        self.assertLess(node.ask('gap')['gap'], 0.6)
        self.assertEqual(node.value('SELECT pg_backend_pid()'), pid)
        slow = node.send('query', sql='SELECT pg_sleep(20)')
        node.ask('cancel', of=slow)
        self.check(node.answer(slow), 'GALE_ECANCELED')
        self.assertEqual(node.value('SELECT pg_backend_pid()'), pid)
        self.assertEqual(other.value('SELECT state FROM pg_stat_activity WHERE pid = $1', pid), 'idle')
        # Cancelled while it connects, or at any other moment: the place is free again.
        for _ in range(30):
            number = node.send('query', sql='SELECT 1')
            node.send('cancel', of=number)
            node.answer(number)
        self.assertEqual(node.value('SELECT 1'), 1)

    def test_idle_connections_are_closed(self):
        node = self.node(idle_timeout=0.5)
        for number in [node.send('query', sql='SELECT pg_sleep(0.05)') for _ in range(4)]:
            node.answer(number)
        self.assertEqual(node.ask('stats')['connections'], 4)
        node.until(lambda: node.ask('stats')['connections'] == 0)
        self.assertEqual(node.value('SELECT 1'), 1)

    def test_a_killed_connection_is_replaced(self):
        node, other = self.node(max_connections=1), self.node()
        pid = node.value('SELECT pg_backend_pid()')
        self.assertEqual(other.value('SELECT pg_terminate_backend($1, 5000)', pid), True)
        self.assertNotEqual(node.value('SELECT pg_backend_pid()'), pid)
        slow = node.send('query', sql='SELECT pg_sleep(20)')
        other.until(lambda: other.value("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(20)%'"
                                        " AND state = 'active'") == 1)
        other.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(20)%'")
        self.check(node.answer(slow), 'GALE_EEOF', 'terminating connection')
        self.assertEqual(node.value('SELECT 1'), 1)

    def test_memory_that_is_not_there(self):
        node = self.node(max_connections=2)
        query = {'do': 'query', 'sql': 'SELECT $1::text AS t', 'params': [{'base64': 'YQ=='}]}
        batch = {'do': 'batch', 'calls': [{'sql': 'SELECT 1'}, {'sql': 'SELECT $1::int', 'params': [1]}]}
        for inner in (query, batch, {'do': 'transaction', 'steps': [query, batch]},
                      {'do': 'transaction', 'steps': [{'do': 'transaction', 'steps': [query]}]}):
            self.assertGreater(node.ask('faults', inner=inner)['result'], 0)
            self.assertEqual(node.value('SELECT 1'), 1)

    def test_the_handle_is_freed_while_in_use(self):
        node = self.node(max_connections=2)
        node.query('SELECT 1')
        asked = [node.send('query', sql='SELECT pg_sleep(20)') for _ in range(4)]
        asked.append(node.send('transaction', steps=[{'do': 'query', 'sql': 'SELECT pg_sleep(20)'}]))
        asked.append(node.send('listen', channels=['c']))
        self.assertEqual(node.event()['result'], 0)
        node.ask('free')
        for number in asked:
            self.check(node.answer(number), 'GALE_ECLOSED')

    def test_the_loop_ends_while_in_use(self):
        for env in ({}, {'PG_NODE_FREES_LOOP_FIRST': '1'}):
            node = self.node(env=env, max_connections=1)
            node.query('SELECT 1')
            node.send('query', sql='SELECT pg_sleep(20)')
            node.send('query', sql='SELECT pg_sleep(20)')
            node.send('listen', channels=['c'])
            self.assertEqual(node.event()['result'], 0)

    def test_names_are_resolved_and_passwords_are_not_told(self):
        node = self.node(server().conninfo_tcp)
        self.assertEqual(node.value('SHOW application_name'), 'pg_node')
        self.assertIn(node.value('SELECT host(inet_client_addr())'), ('127.0.0.1', '::1'))
        self.assertEqual(node.value('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'), server().has_tls)
        self.assertEqual(node.ask('batch', brief=True, calls=[{'sql': "SELECT repeat('x', 3000000)"}] * 3)['result'], 0)
        uri = f'postgresql://gale:secret%20word@localhost:{server().port}/postgres?application_name=uri'
        self.assertEqual(self.node(uri).value('SHOW application_name'), 'uri')
        both = self.node(f'host=nowhere.invalid,localhost,{server().path} port={server().port} user=gale dbname=postgres'
                         " password='secret word'")
        self.assertEqual(both.value('SELECT 1'), 1)
        wrong = self.node(server().conninfo_tcp.replace('secret word', 'hidden sign')).query('SELECT 1')
        self.check(wrong, 'ECONNREFUSED', 'password authentication failed')
        self.assertNotIn('hidden', wrong['error'])
        nobody = self.node('host=nowhere.invalid password=hidden').query('SELECT 1')
        self.assertEqual(nobody['name'], 'GALE_ENOTFOUND')
        for conninfo in ('password=hidden word', 'postgresql://x:hidden@[bad', 'service=hidden'):
            bad = gale_wire.subprocess.run([gale_wire.PROGRAMS['pg_node'], conninfo], capture_output=True)
            self.assertEqual(bad.returncode, 1)
            self.assertIn(b'no start: PostgreSQL', bad.stdout)
            self.assertNotIn(b'hidden', bad.stdout + bad.stderr)

    def test_a_server_that_says_nothing(self):
        with socket.socket() as silent:
            silent.bind(('127.0.0.1', 0))
            silent.listen()
            node = self.node(f'host=127.0.0.1 port={silent.getsockname()[1]} dbname=x user=x', connect_timeout=0.1)
            self.check(node.query('SELECT 1'), 'GALE_ETIMEDOUT', 'not connected in time')


class Proxy:
    """Passes bytes on to the server, and counts them and how often the direction changes."""

    def __init__(self, port):
        self.port, self.turns, self.to_client, self.last = port, 0, 0, None
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.running = True
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def conninfo(self):
        return (f"host=127.0.0.1 port={self.listener.getsockname()[1]} user=gale dbname=postgres"
                " password='secret word' sslmode=disable")

    def accept(self):
        while self.running:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client, socket.create_connection(('127.0.0.1', self.port)) as there:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            there.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.settimeout(gale_wire.TIMEOUT)
            try:
                while True:
                    for source in select.select([client, there], [], [])[0]:
                        data = source.recv(65536)
                        if not data:
                            return
                        if source is client and self.last != 'client':
                            self.turns += 1
                        self.last = 'client' if source is client else 'server'
                        self.to_client += len(data) if source is there else 0
                        (there if source is client else client).sendall(data)
            except OSError:
                return

    def stop(self):
        self.running = False
        self.listener.close()


class Wire(PgTest):
    def proxied(self, **options):
        proxy = Proxy(server().port)
        self.addCleanup(proxy.stop)
        node = self.node(proxy.conninfo, max_connections=1, **options)
        node.query('SELECT 1')
        return proxy, node

    def turns(self, proxy, node, do, **command):
        proxy.turns, proxy.last = 0, None
        answer = node.ask(do, **command)
        self.assertGreaterEqual(answer['result'], 0, answer)
        return proxy.turns

    def test_a_batch_is_one_round_trip(self):
        proxy, node = self.proxied()
        calls = [{'sql': 'SELECT $1::int AS n', 'params': [n]} for n in range(50)]
        self.assertEqual(self.turns(proxy, node, 'batch', calls=calls), 1)
        self.assertEqual(self.turns(proxy, node, 'batch', calls=calls, all=True), 1)
        # A statement is prepared and run in one, the first time too.
        self.assertEqual(self.turns(proxy, node, 'query', sql='SELECT 5 AS five'), 1)
        self.assertEqual(self.turns(proxy, node, 'transaction', steps=[{'do': 'query', 'sql': 'SELECT 5 AS five'}]), 3)

    def test_rows_wait_at_the_server_while_nobody_takes_them(self):
        proxy, node = self.proxied()
        sql = "SELECT i, repeat('x', 10000) AS t FROM generate_series(1, 100000) i"
        before = proxy.to_client
        number = node.send('each', sql=sql, pause=0.3, **{'stop at': 5})
        self.assertEqual(node.event()['event'], 'first row')
        done = node.answer(number)
        self.assertEqual((done['result'], [row['i'] for row in done['rows']]), (77, [1, 2, 3, 4, 5]))
        self.assertLess(proxy.to_client - before, 100 << 20)  # of a gigabyte
        self.assertEqual(node.value('SELECT 1'), 1)
        all_of = node.ask('each', sql='SELECT generate_series(1, 30000) AS i')
        self.assertEqual(all_of['result'], 30000)
        # Time counts for each row, and is the server's.
        slow = self.node(query_timeout=0.6)
        self.assertEqual(slow.ask('each', sql='SELECT i FROM generate_series(1, 3) i', pause=0.8)['result'], 3)


class Listening(PgTest):
    def test_notifications_also_after_the_server_was_away(self):
        postgres = server()
        node = self.node(max_connections=3)
        listening = node.send('listen', channels=['news', 'Odd "name"'])
        self.assertEqual(node.event()['result'], 0)
        node.query("SELECT pg_notify($1, $2)", 'Odd "name"', 'ä payload')
        heard = node.event()
        self.assertEqual((heard['result'], heard['channel'], heard['payload']), (1, 'Odd "name"', 'ä payload'))
        slow = [node.send('query', sql='SELECT pg_sleep(20)') for _ in range(3)]
        waiting = node.send('query', sql='SELECT 1')
        node.until(lambda: node.ask('stats')['waiting'] == 1)
        node.until(lambda: node.ask('stats')['connections'] == 3)
        postgres.kill()
        for number in slow:
            self.check(node.answer(number), 'GALE_EEOF')
        self.check(node.answer(waiting), 'ECONNREFUSED', 'connection to server')
        self.check(node.query('SELECT 1'), 'ECONNREFUSED')
        postgres.start()
        self.assertEqual(node.value('SELECT 1'), 1)
        self.assertEqual(node.event()['result'], 0)  # it listens again
        for n in range(200):
            node.send('query', sql="SELECT pg_notify('news', $1)", params=[str(n)])
        self.assertEqual(sorted(int(node.event()['payload']) for _ in range(200)), list(range(200)))
        node.ask('cancel', of=listening)
        self.check(node.answer(listening), 'GALE_ECANCELED')


@unittest.skipUnless(any(arg.startswith('postgres=') for arg in sys.argv), 'the example was not built')
class Guide(PgTest):
    def test_the_program_of_the_guide(self):
        program = gale_wire.Program('postgres', '--port=0', env={
            'PGHOST': server().path, 'PGPORT': str(server().port), 'PGUSER': 'gale', 'PGDATABASE': 'postgres'})
        self.addCleanup(program.stop)
        follower = program.connect()
        self.addCleanup(follower.close)
        follower.send('GET /news HTTP/1.1\r\nHost: localhost\r\n\r\n')
        follower.read_until(b'event: listening\n')
        for n, text in enumerate(('hello', 'wörld'), 1):
            body = json.dumps({'text': text}).encode()
            with program.connect() as c:
                c.send(b'POST /messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
                       b'Content-Length: %d\r\n\r\n' % len(body) + body)
                answer = c.response()
                self.assertEqual((answer.status, json.loads(answer.body)), (200, {'id': n}))
            follower.read_until(f'data: {text}\n'.encode())
        self.assertEqual(json.loads(program.get('/messages').body), {
            'n': 2, 'latest': [{'id': 2, 'text': 'wörld'}, {'id': 1, 'text': 'hello'}]})
        self.assertEqual(program.get('/messages.csv').body.decode(), '1,hello\n2,wörld\n')


if __name__ == '__main__':
    gale_wire.main()
