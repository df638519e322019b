// room.js - says what is written, shows what is heard.
'use strict';

const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
const socket = new WebSocket(`${scheme}//${location.host}/talk`);
const text = document.getElementById('text');

socket.onmessage = (event) => {
  const line = document.createElement('li');
  line.textContent = event.data;
  document.getElementById('heard').append(line);
};

document.getElementById('say').onsubmit = (event) => {
  event.preventDefault();
  socket.send(text.value);
  text.value = '';
};
