// Orders, which a group handles: attempts, and what it has given up
import { add, byId, clock, stream } from './app.js';

const letters = byId('dead-letters');

function item(template, values) {
  const copy = byId(template).content.firstElementChild.cloneNode(true);
  for (const [selector, text] of Object.entries(values)) {
    copy.querySelector(selector).textContent = text;
  }
  return copy;
}

function timed(shown, copy) {
  const time = copy.querySelector('time');
  time.dateTime = shown.time;
  time.textContent = clock.format(new Date(shown.time));
  return copy;
}

function showAttempt(attempt) {
  const copy = timed(attempt, item('attempt', {
    '.channel': attempt.channel,
    '.value': attempt.value,
    '.group': attempt.group,
    '.message': attempt.messageId,
    '.number': attempt.attempt,
    '.outcome': (attempt.error === null) ? 'done' : `failed: ${attempt.error}`,
  }));
  copy.dataset.outcome = (attempt.error === null) ? 'done' : 'failed';
  add(copy);
}

function showBurial(burial) {
  add(timed(burial, item('burial', {
    '.channel-name': burial.channel,
    '.group': burial.group,
    '.message': burial.messageId,
    '.reason': burial.reason,
  })));
}

// Dead letters ------------------------------------------------------------------------

function deadLetter(letter) {
  const copy = item('dead-letter', {
    '.value': letter.data,
    '.errors': `Message ${letter.messageId}, ${letter.reason} after ${letter.attempts} attempts: `
        + [...new Set(letter.errors)].join('; '),
  });
  copy.dataset.id = letter.id;
  return copy;
}

async function showDeadLetters() {
  const response = await fetch('dead-letters');
  if (response.ok) {
    const found = await response.json();
    letters.replaceChildren(...found.map(deadLetter));
    byId('dead').hidden = found.length === 0;
  }
}

letters.addEventListener('click', async (event) => {
  const button = event.target.closest('button');
  if (button) {
    const id = button.closest('li').dataset.id;
    if (button.value === 'redrive') {
      await fetch(`dead-letters/${id}/redrive`, { method: 'POST' });
    } else {
      await fetch(`dead-letters/${id}`, { method: 'DELETE' });
    }
    await showDeadLetters();
  }
});

stream.addEventListener('channels', showDeadLetters);

stream.addEventListener('attempt', (event) => showAttempt(JSON.parse(event.data)));

stream.addEventListener('burial', (event) => {
  showBurial(JSON.parse(event.data));
  showDeadLetters();
});
