"""flask_hello - hello of Flask, and a view that computes, for bench/wsgi.py."""
# SPDX-License-Identifier: MIT
import time

from flask import Flask, request

app = Flask(__name__)


@app.route('/')
def hello():
    return 'Hello, world'


@app.route('/busy')
def busy():
    end = time.monotonic() + float(request.args['seconds'])
    while time.monotonic() < end:
        pass
    return 'done'
