"""gale_nginx - nginx in front of a program that speaks FastCGI.

It runs in a folder of its own as one process, with a free port for each of its servers: their names,
and the directives of each.
"""
# SPDX-License-Identifier: MIT
import os
import shutil
import socket
import subprocess
import tempfile
import time

import gale_wire

NGINX = shutil.which('nginx', path=os.environ.get('PATH', '') + ':/usr/sbin')

CONFIG = '''
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors info;
events {{ }}
http {{
    access_log off; client_max_body_size 300m; merge_slashes off;
    client_body_temp_path {folder}/a; fastcgi_temp_path {folder}/b; proxy_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    {upstreams}
    fastcgi_param REQUEST_METHOD $request_method; fastcgi_param QUERY_STRING $query_string;
    fastcgi_param CONTENT_TYPE $content_type; fastcgi_param CONTENT_LENGTH $content_length;
    fastcgi_param SERVER_PROTOCOL $server_protocol; fastcgi_param REQUEST_SCHEME $scheme;
    fastcgi_param HTTPS $https if_not_empty; fastcgi_param REMOTE_ADDR $remote_addr;
    fastcgi_param REMOTE_PORT $remote_port; fastcgi_param SERVER_ADDR $server_addr;
    fastcgi_param SERVER_PORT $server_port; fastcgi_param SERVER_NAME $server_name;
    fastcgi_param REQUEST_URI $request_uri;
    {servers}
}}
'''


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as s:
        return s.getsockname()[1]


class Nginx:
    """Running, until stop()."""

    def __init__(self, servers, upstreams=''):
        self.folder = tempfile.mkdtemp()
        self.ports = {name: free_port() for name in servers}
        self.port = next(iter(self.ports.values()))
        text = ''.join(f'server {{ listen 127.0.0.1:{self.ports[name]}; location / {{ {rest} }} }}\n'
                       for name, rest in servers.items())
        with open(f'{self.folder}/conf', 'w') as f:
            f.write(CONFIG.format(folder=self.folder, servers=text, upstreams=upstreams))
        self.process = subprocess.Popen([NGINX, '-p', self.folder, '-c', f'{self.folder}/conf',
                                         '-e', f'{self.folder}/errors'], stderr=subprocess.DEVNULL)
        end = time.monotonic() + gale_wire.TIMEOUT
        while True:
            try:
                self.connect().close()
                return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < end, self.errors()
                time.sleep(0.01)

    connect = gale_wire.Program.connect
    get = gale_wire.Program.get
    exchange = gale_wire.Program.exchange

    def errors(self):
        with open(f'{self.folder}/errors') as f:
            return f.read()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(gale_wire.TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
