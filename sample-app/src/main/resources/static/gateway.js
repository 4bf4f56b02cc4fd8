import { connect } from './subscribe.js';

// gateway.html?transport=sse&client=bob
const query = new URLSearchParams(location.search);
const transport = query.get('transport') ?? 'websocket';
const client = query.get('client') ?? 'ann';

const byId = (id) => document.getElementById(id);
const lists = { parcel_history: byId('history'), parcels: byId('live') };

byId('transport').textContent = (transport === 'sse') ? 'Server-Sent Events' : 'WebSocket';
byId('own').textContent = client;
byId('customer').value = client;

function add(list, text, kind) {
  const item = document.createElement('li');
  item.className = kind;
  item.textContent = text;
  list.prepend(item);
}

const connection = connect({ channels: ['parcel_history', 'parcels'], transport, client });

connection.addEventListener('state', ({ detail }) => {
  const shown = (detail === 'open') ? 'live' : detail;
  byId('connection').dataset.state = shown;
  byId('connection').textContent = shown;
});

connection.addEventListener('message', ({ detail: { id, channel, data } }) => {
  add(lists[channel], `parcel ${data.parcel} of ${data.customer}: ${data.status}`, 'change');
  lists[channel].firstElementChild.dataset.id = id;
});

connection.addEventListener('gap', ({ detail: { channel, cause } }) =>
  add(lists[channel], `Something may have been missed: ${cause}`, 'gap'));

let last = null;

byId('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const headers = { 'Content-Type': 'text/plain;charset=UTF-8' };
  if (event.submitter?.value === 'ship') {
    if (last !== null) {
      await fetch(`parcels/${last}/status`, { method: 'PUT', headers, body: 'shipped' });
    }
    return;
  }
  last = await (await fetch('parcels', { method: 'POST', headers, body: byId('customer').value })).json();
});
