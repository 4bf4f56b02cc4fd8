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
const REFUSED = [403, 404];
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
  /** Where each channel is. */
  #cursors = new Map();
  /** Channels that the gateway has said it is subscribed to, on the present connection. */
  #heard = new Set();
  /** How many words are on their way that a channel is no longer heard: until then it is the old subscription. */
  #leaving = new Map();
  #transport;
  #socket = null;
  /** Event streams, each of channels that go on from the same cursor. */
  #streams = new Set();
  #timer = null;
  #failures = 0;
  #state = 'closed';

  constructor({ channels, transport = 'websocket', url, client, parameters = {}, after }) {
    super();
    this.#url = new URL(url ?? import.meta.url.replace(/\.js([?#].*)?$/, ''), document.baseURI);
    this.#parameters = { ...parameters, ...(client === undefined ? {} : { client }) };
    this.#channels = new Set(channels);
    this.#transport = transport;
    this.#channels.forEach((channel) => this.#begin(channel, after));
    this.#open();
  }

  /** 'connecting', 'open' or 'closed'. */
  get state() {
    return this.#state;
  }

  /** Where all channels are, to go on from another time, as 'after'. Of no use for live channels. */
  get cursor() {
    const cursors = [...this.#cursors];
    if (cursors.length === 0) {
      return undefined;
    }
    const [[, first]] = cursors;
    return cursors.every(([, cursor]) => cursor === first) ? first : JSON.stringify(Object.fromEntries(cursors));
  }

  /** Hears one more channel, from now on or after a cursor; one that is heard already begins again after the cursor. */
  subscribe(channel, after) {
    if (this.#channels.has(channel)) {
      if (!after) {
        return;
      }
      this.unsubscribe(channel);
    }
    this.#channels.add(channel);
    this.#begin(channel, after);
    if (this.#isSocketOpen()) {
      this.#sendSubscribe([channel]);
    } else if (this.#transport === 'sse' && this.#isThere()) {
      this.#openSource([channel]);
    }
  }

  /** No longer hears a channel. */
  unsubscribe(channel) {
    if (!this.#channels.delete(channel)) {
      return;
    }
    this.#cursors.delete(channel);
    this.#heard.delete(channel);
    if (this.#isSocketOpen()) {
      this.#leaving.set(channel, (this.#leaving.get(channel) ?? 0) + 1);
      this.#send({ type: 'unsubscribe', channel });
      return;
    }
    for (const stream of this.#streams) {
      if (stream.channels.delete(channel)) {
        this.#end(stream);
        if (stream.channels.size > 0) {
          this.#openSources([...stream.channels]);
        }
      }
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
    this.#timer = null;
    this.#drop();
    this.#setState('closed');
  }

  /* A cursor may be that of several channels, each with its own */
  #begin(channel, after) {
    const cursor = after?.startsWith('{') ? JSON.parse(after)[channel] : after;
    if (cursor) {
      this.#cursors.set(channel, cursor);
    }
  }

  #open() {
    this.#timer = null;
    this.#setState('connecting');
    if (this.#transport === 'sse') {
      this.#openSources([...this.#channels]);
    } else {
      this.#openSocket();
    }
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.#heard.clear();
    this.#leaving.clear();
    socket?.close();
    this.#streams.forEach((stream) => this.#end(stream));
  }

  #isThere() {
    return this.#state !== 'closed' && this.#timer === null;
  }

  #openSocket() {
    const url = this.#address();
    url.protocol = url.protocol.replace('http', 'ws');
    url.searchParams.set('channel', '');
    const socket = new WebSocket(url, PROTOCOL);
    this.#socket = socket;
    socket.onopen = () => {
      if (socket === this.#socket) {
        this.#groups([...this.#channels]).forEach((channels) => this.#sendSubscribe(channels));
        this.#setState('open');
      }
    };
    socket.onmessage = ({ data }) => socket === this.#socket && this.#takeFrame(JSON.parse(data));
    socket.onclose = ({ code, reason }) => {
      if (socket !== this.#socket) {
        return;
      }
      this.#drop();
      if (code === NOT_ALLOWED) {
        this.#refused(reason);
      } else {
        this.#retry();
      }
    };
  }

  #takeFrame(message) {
    const { type, channel, cursor } = message;
    const leaving = this.#leaving.get(channel) ?? 0;
    if (leaving > 0) {
      // Of a subscription that has ended
      if (type === 'unsubscribed' || message.reason === 'not subscribed') {
        this.#leaving.set(channel, leaving - 1);
        this.#take(message);
      }
      return;
    }
    if (type === 'subscribed') {
      this.#heard.add(channel);
    }
    if (type === 'cursor') {
      // Says nothing of a channel that is about to begin elsewhere
      this.#heard.forEach((name) => this.#remember(name, cursor));
    } else if (cursor && this.#channels.has(channel)) {
      this.#cursors.set(channel, cursor);
    }
    this.#take(message);
  }

  #openSources(channels) {
    this.#groups(channels).forEach((group) => this.#openSource(group));
  }

  #openSource(channels) {
    const url = this.#address();
    url.searchParams.set('format', 'json');
    channels.forEach((channel) => url.searchParams.append('channel', channel));
    const after = this.#cursorOf(channels);
    if (after) {
      url.searchParams.set('after', after);
    }
    const source = new EventSource(url, { withCredentials: true });
    const stream = { source, channels: new Set(channels), open: false };
    this.#streams.add(stream);
    const take = ({ data, lastEventId }) => {
      if (!this.#streams.has(stream)) {
        return;
      }
      const message = JSON.parse(data);
      if (message.type === 'subscribed') {
        this.#cursors.set(message.channel, message.cursor);
      } else if (lastEventId) {
        // Of all channels of the stream, as they began together
        stream.channels.forEach((channel) => this.#remember(channel, lastEventId));
      }
      this.#take(message);
    };
    source.onopen = () => {
      stream.open = true;
      if ([...this.#streams].every(({ open }) => open)) {
        this.#setState('open');
      }
    };
    source.onmessage = take;
    ['subscribed', 'gap'].forEach((name) => source.addEventListener(name, take));
    source.onerror = () => this.#streams.has(stream) && this.#failed(stream, url);
  }

  /* An event source does not tell why it was refused */
  async #failed(stream, url) {
    const refused = !stream.open && stream.source.readyState === EventSource.CLOSED;
    this.#drop();
    this.#retry();
    const timer = this.#timer;
    if (!refused) {
      return;
    }
    try {
      const asking = new AbortController();
      const headers = { Accept: 'text/event-stream' };
      const response = await fetch(url, { headers, credentials: 'include', signal: asking.signal });
      asking.abort();
      if (REFUSED.includes(response.status) && timer === this.#timer) {
        clearTimeout(timer);
        this.#refused('not allowed');
      }
    } catch {
      // Not there at all: come again
    }
  }

  #end(stream) {
    this.#streams.delete(stream);
    stream.source.close();
  }

  /* Channels that go on from the same cursor may begin together; live ones go on from any, and new ones from none */
  #groups(channels) {
    const groups = new Map();
    channels.forEach((channel) => {
      const cursor = this.#cursors.get(channel);
      groups.set(cursor, [...(groups.get(cursor) ?? []), channel]);
    });
    const live = groups.get(LIVE);
    const other = [...groups.keys()].find((cursor) => cursor !== LIVE && cursor !== undefined);
    if (live && other) {
      groups.delete(LIVE);
      groups.get(other).push(...live);
    }
    return [...groups.values()];
  }

  #cursorOf(channels) {
    const cursors = channels.map((channel) => this.#cursors.get(channel));
    return cursors.find((cursor) => cursor !== LIVE) ?? cursors[0];
  }

  /* A live channel has no cursor but the word that it was heard */
  #remember(channel, cursor) {
    const old = this.#cursors.get(channel);
    if (old !== undefined && old !== LIVE && cursor !== LIVE) {
      this.#cursors.set(channel, cursor);
    }
  }

  #address() {
    const url = new URL(this.#url);
    Object.entries(this.#parameters).forEach(([name, value]) => url.searchParams.set(name, value));
    return url;
  }

  #take(message) {
    this.#failures = 0;
    if (message.type !== 'cursor') {
      this.#emit(message.type, message);
    }
  }

  #retry() {
    this.#setState('connecting');
    const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#failures++);
    this.#timer = setTimeout(() => this.#open(), longest * (0.5 + Math.random() / 2));
  }

  #refused(reason) {
    this.#timer = null;
    this.#emit('error', { type: 'error', reason });
    this.#setState('closed');
  }

  #isSocketOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  #sendSubscribe(channels) {
    this.#send({ type: 'subscribe', channels, after: this.#cursorOf(channels) });
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
