/*
 * The client of pgnotify's gateway, for browsers. No dependencies.
 *
 *   import { connect } from '/subscribe.js';
 *
 *   const connection = connect({ channels: ['orders'] });
 *   connection.addEventListener('message', ({ detail }) => console.log(detail.channel, detail.data));
 *   connection.addEventListener('gap', ({ detail }) => console.log('missed something on', detail.channel));
 *
 * It comes back by itself after anything that breaks, waiting longer from time to time, and goes on where it
 * was: stored channels are sent what was missed, of live ones it says with an event 'gap' that it may have
 * missed something. Other events: 'subscribed', 'unsubscribed', 'error' and 'state' ('connecting', 'open', 'closed').
 */

const FIRST_DELAY = 250;
const LONGEST_DELAY = 10000;
const PROTOCOL = 'pgnotify.json';
const NOT_ALLOWED = 1008;
const LIVE = 'live';

/**
 * Connects.
 * @param {object} options
 * @param {string[]} options.channels what to hear
 * @param {'websocket'|'sse'} [options.transport] by which way, WebSocket unless said
 * @param {string} [options.url] of the gateway, where this script comes from unless said
 * @param {string} [options.client] id by which channels are filtered, if the gateway takes it from the parameter 'client'
 * @param {Object<string, string>} [options.parameters] further query parameters
 * @param {string} [options.after] cursor to go on from, or 'earliest'
 * @returns {Connection}
 */
export function connect(options) {
  return new Connection(options);
}

export class Connection extends EventTarget {
  #url;
  #parameters;
  #channels;
  #cursors = new Map();
  #transport;
  #socket = null;
  #source = null;
  #timer = null;
  #failures = 0;
  #state = 'closed';
  #cursor;

  constructor({ channels, transport = 'websocket', url, client, parameters = {}, after }) {
    super();
    this.#url = new URL(url ?? import.meta.url.replace(/\.js([?#].*)?$/, ''), document.baseURI);
    this.#parameters = { ...parameters, ...(client === undefined ? {} : { client }) };
    this.#channels = new Set(channels);
    this.#transport = transport;
    this.#cursor = after;
    this.#channels.forEach((channel) => after && this.#cursors.set(channel, after));
    this.#open();
  }

  /** 'connecting', 'open' or 'closed'. */
  get state() {
    return this.#state;
  }

  /** Where this connection is, to go on from another time. Of no use for live channels. */
  get cursor() {
    return this.#cursor;
  }

  /** Hears one more channel, from now on or after a cursor. */
  subscribe(channel, after) {
    this.#channels.add(channel);
    if (after) {
      this.#cursors.set(channel, after);
    }
    if (this.#source) {
      this.#reopen();
    } else if (this.#isSocketOpen()) {
      this.#sendSubscribe(channel);
    }
  }

  /** No longer hears a channel. */
  unsubscribe(channel) {
    this.#channels.delete(channel);
    this.#cursors.delete(channel);
    if (this.#source) {
      this.#reopen();
    } else if (this.#isSocketOpen()) {
      this.#send({ type: 'unsubscribe', channel });
    }
  }

  /** Sends to a channel whose gateway lets clients publish. By WebSocket only. */
  publish(channel, data) {
    if (!this.#isSocketOpen()) {
      throw new Error('Not connected by WebSocket');
    }
    this.#send({ type: 'publish', channel, data });
  }

  /** Ends it for good. */
  close() {
    clearTimeout(this.#timer);
    this.#drop();
    this.#setState('closed');
  }

  #open() {
    this.#setState('connecting');
    if (this.#transport === 'sse') {
      this.#openSource();
    } else {
      this.#openSocket();
    }
  }

  #reopen() {
    this.#drop();
    this.#open();
  }

  #drop() {
    const { socket, source } = { socket: this.#socket, source: this.#source };
    this.#socket = null;
    this.#source = null;
    socket?.close();
    source?.close();
  }

  #openSocket() {
    const url = this.#address();
    url.protocol = url.protocol.replace('http', 'ws');
    url.searchParams.set('channel', '');
    const socket = new WebSocket(url, PROTOCOL);
    this.#socket = socket;
    socket.onopen = () => {
      if (socket === this.#socket) {
        this.#channels.forEach((channel) => this.#sendSubscribe(channel));
        this.#setState('open');
      }
    };
    socket.onmessage = ({ data }) => socket === this.#socket && this.#take(JSON.parse(data));
    socket.onclose = ({ code, reason }) => {
      if (socket !== this.#socket) {
        return;
      }
      this.#socket = null;
      if (code === NOT_ALLOWED) {
        this.#emit('error', { type: 'error', reason });
        this.#setState('closed');
      } else {
        this.#retry();
      }
    };
  }

  #openSource() {
    const url = this.#address();
    url.searchParams.set('format', 'json');
    this.#channels.forEach((channel) => url.searchParams.append('channel', channel));
    if (this.#cursor) {
      url.searchParams.set('after', this.#cursor);
    }
    const source = new EventSource(url, { withCredentials: true });
    this.#source = source;
    const take = (event) => {
      if (source !== this.#source) {
        return;
      }
      if (event.lastEventId) {
        this.#cursor = event.lastEventId;
      }
      this.#take(JSON.parse(event.data));
    };
    source.onopen = () => source === this.#source && this.#setState('open');
    source.onmessage = take;
    ['subscribed', 'gap'].forEach((name) => source.addEventListener(name, take));
    source.onerror = () => {
      if (source === this.#source) {
        this.#drop();
        this.#retry();
      }
    };
  }

  #address() {
    const url = new URL(this.#url);
    Object.entries(this.#parameters).forEach(([name, value]) => url.searchParams.set(name, value));
    return url;
  }

  #take(message) {
    this.#failures = 0;
    if (message.cursor) {
      this.#remember(message);
    }
    if (message.type !== 'cursor') {
      this.#emit(message.type, message);
    }
  }

  /* A live channel has no cursor but the word that it was heard */
  #remember({ channel, cursor }) {
    if (cursor !== LIVE || this.#cursor === undefined) {
      this.#cursor = cursor;
    }
    if (channel !== undefined) {
      this.#cursors.set(channel, cursor);
    } else {
      this.#cursors.forEach((old, name) => old !== LIVE && this.#cursors.set(name, cursor));
    }
  }

  #retry() {
    this.#setState('connecting');
    const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#failures++);
    this.#timer = setTimeout(() => this.#open(), longest * (0.5 + Math.random() / 2));
  }

  #isSocketOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  #sendSubscribe(channel) {
    this.#send({ type: 'subscribe', channel, after: this.#cursors.get(channel) });
  }

  #send(command) {
    this.#socket.send(JSON.stringify(command));
  }

  #setState(state) {
    if (state !== this.#state) {
      this.#state = state;
      this.#emit('state', state);
    }
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
