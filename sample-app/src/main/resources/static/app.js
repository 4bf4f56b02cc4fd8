// As many as the server repeats after a reload
const KEPT = 50;

export const byId = (id) => document.getElementById(id);
const form = byId('form');
const channel = byId('channel');
const payload = byId('payload');
const hint = byId('channel-hint');
const result = byId('result');
const list = byId('arrivals');

let heard = new Set();

// Arrivals ----------------------------------------------------------------------------

export const clock = new Intl.DateTimeFormat(undefined,
  { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' });

function show(arrival) {
  const item = byId('arrival').content.firstElementChild.cloneNode(true);
  const fill = (selector, text) => { item.querySelector(selector).textContent = text; };
  item.dataset.channel = arrival.channel;
  fill('.channel', arrival.channel);
  fill('.type', arrival.type);
  fill('.value', arrival.value);
  fill('.listener', arrival.listener);
  fill('.pid', arrival.senderPid);
  const time = item.querySelector('time');
  time.dateTime = arrival.time;
  time.textContent = clock.format(new Date(arrival.time));
  add(item);
}

function showGap(gap) {
  const item = byId('gap').content.firstElementChild.cloneNode(true);
  const fill = (selector, text) => { item.querySelector(selector).textContent = text; };
  const fillTime = (selector, time) => {
    item.querySelector(selector).dateTime = time;
    fill(selector, clock.format(new Date(time)));
  };
  fill('.cause', gap.cause);
  fillTime('.from', gap.from);
  fillTime('.to', gap.to);
  fill('.dropped', gap.dropped ?? 'unknown');
  fill('.listener', gap.listener ?? 'all');
  add(item);
}

// Puts something on top of the list: also what other scripts of the page show
export function add(item) {
  list.prepend(item);
  while (list.childElementCount > KEPT) {
    list.lastElementChild.remove();
  }
  byId('empty').hidden = true;
}

function showConnection(state) {
  byId('connection').dataset.state = state;
  byId('connection').textContent = state;
}

export const stream = new EventSource('arrivals');
stream.onopen = () => showConnection('live');
stream.onerror = () => {
  showConnection('reconnecting');
  if (stream.readyState === EventSource.CLOSED) {
    // Refused for good, as by an application that is just starting: the browser has given up
    setTimeout(() => location.reload(), 3000);
  }
};

// The first event of every connection: what is kept follows, so begin anew
stream.addEventListener('channels', (event) => {
  list.replaceChildren();
  byId('empty').hidden = false;
  heard = new Set(JSON.parse(event.data));
  byId('channels').replaceChildren(...[...heard].map((name) => new Option(name, name)));
  showHint();
});

stream.addEventListener('arrival', (event) => show(JSON.parse(event.data)));

stream.addEventListener('gap', (event) => showGap(JSON.parse(event.data)));

// Form --------------------------------------------------------------------------------

function showHint() {
  const name = channel.value;
  hint.hidden = name === '' || heard.size === 0 || heard.has(name);
  hint.textContent = `Nobody in this application listens on “${name}”, so nothing will show up here.`;
}

function showResult(kind, text) {
  result.hidden = false;
  result.dataset.kind = kind;
  result.textContent = text;
}

function describe(action, answer) {
  const what = (action === 'send')
    ? `Sent to “${answer.channel}”.`
    : `Stored as message ${answer.id} on “${answer.channel}” and announced.`;
  return answer.heard ? what : `${what} Nobody in this application listens there.`;
}

async function submit(action) {
  try {
    const response = await fetch(`${action}/${encodeURIComponent(channel.value)}`,
      { method: 'POST', headers: { 'Content-Type': 'text/plain;charset=UTF-8' }, body: payload.value });
    const answer = await response.json();
    if (response.ok) {
      showResult(answer.heard ? 'done' : 'unheard', describe(action, answer));
    } else {
      showResult('refused', answer.detail ?? answer.title);
    }
  } catch {
    showResult('refused', 'The application does not answer.');
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  submit(event.submitter?.value ?? 'send');
});

channel.addEventListener('input', showHint);

form.parentElement.addEventListener('click', (event) => {
  const example = event.target.closest('.examples button');
  if (example) {
    channel.value = example.dataset.channel;
    payload.value = example.dataset.payload;
    result.hidden = true;
    showHint();
  }
});
