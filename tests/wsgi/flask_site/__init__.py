"""A blog as one writes it with Flask's tutorial: users, sessions, forms, flashed messages, files."""
# SPDX-License-Identifier: MIT
import functools
import hashlib
import os
import sqlite3
import time

from flask import (Flask, abort, flash, g, jsonify, redirect, render_template, request, send_file, session,
                   stream_with_context, url_for)
from werkzeug.security import check_password_hash, generate_password_hash

SCHEMA = '''
CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, password TEXT NOT NULL);
CREATE TABLE post (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES user (id),
                   title TEXT NOT NULL, body TEXT NOT NULL);
'''


def database():
    if 'db' not in g:
        g.db = sqlite3.connect(os.environ['FLASK_SITE_DB'])
        g.db.row_factory = sqlite3.Row
    return g.db


def login_required(view):
    @functools.wraps(view)
    def wrapped(**arguments):
        if g.user is None:
            return redirect(url_for('login', next=request.path))
        return view(**arguments)
    return wrapped


def create_app():
    app = Flask(__name__)
    app.config.update(SECRET_KEY='for tests')
    if not os.path.exists(os.environ['FLASK_SITE_DB']):
        with sqlite3.connect(os.environ['FLASK_SITE_DB']) as db:
            db.executescript(SCHEMA)

    @app.before_request
    def load_user():
        g.user = database().execute('SELECT * FROM user WHERE id = ?', (session.get('user_id'),)).fetchone()

    @app.teardown_appcontext
    def close_database(error):
        db = g.pop('db', None)
        if db is not None:
            db.close()

    @app.route('/')
    def index():
        posts = database().execute('SELECT post.*, name FROM post JOIN user ON user.id = author_id '
                                   'ORDER BY post.id DESC').fetchall()
        return render_template('index.html', posts=posts)

    @app.route('/register', methods=('GET', 'POST'))
    def register():
        if request.method == 'POST':
            try:
                with database() as db:
                    db.execute('INSERT INTO user (name, password) VALUES (?, ?)',
                               (request.form['name'],
                                generate_password_hash(request.form['password'], method='pbkdf2:sha256:1000')))
                return redirect(url_for('login'))
            except sqlite3.IntegrityError:
                flash(f"{request.form['name']} is there already.")
        return render_template('form.html', title='Register', fields=('name', 'password'))

    @app.route('/login', methods=('GET', 'POST'))
    def login():
        if request.method == 'POST':
            user = database().execute('SELECT * FROM user WHERE name = ?', (request.form['name'],)).fetchone()
            if user and check_password_hash(user['password'], request.form['password']):
                session.clear()
                session['user_id'] = user['id']
                return redirect(url_for('index'))
            flash('Wrong name or password.')
        return render_template('form.html', title='Log in', fields=('name', 'password'))

    @app.route('/logout')
    def logout():
        session.clear()
        return redirect(url_for('index'))

    @app.route('/create', methods=('GET', 'POST'))
    @login_required
    def create():
        if request.method == 'POST':
            with database() as db:
                db.execute('INSERT INTO post (author_id, title, body) VALUES (?, ?, ?)',
                           (g.user['id'], request.form['title'], request.form['body']))
            return redirect(url_for('index'))
        return render_template('form.html', title='New post', fields=('title', 'body'))

    @app.route('/upload', methods=('POST',))
    def upload():
        file = request.files['file']
        digest = hashlib.sha256()
        while piece := file.read(1 << 20):
            digest.update(piece)
        return jsonify(name=file.filename, size=file.tell(), sha256=digest.hexdigest(), note=request.form.get('note'))

    @app.route('/raw', methods=('PUT',))
    def raw():
        digest = hashlib.sha256()
        while piece := request.stream.read(1 << 16):
            digest.update(piece)
        return digest.hexdigest()

    @app.route('/download')
    def download():
        return send_file(os.environ['FLASK_SITE_FILE'], as_attachment=True)

    @app.route('/stream')
    def stream():
        @stream_with_context
        def lines():
            for n in range(int(request.args['n'])):
                yield f'line {n} of {request.path}\n'
        return app.response_class(lines(), mimetype='text/plain')

    @app.route('/sleep')
    def sleep():
        time.sleep(0.05)
        return 'slept'

    @app.route('/json', methods=('POST',))
    def echo_json():
        return jsonify(request.get_json())

    @app.route('/broken')
    def broken():
        raise RuntimeError('a view that fails')

    @app.route('/teapot')
    def teapot():
        abort(418)

    return app
