// Keeps lists and task pages as they are on the server. Without it every page works and shows what was true when it was loaded.
const state = document.querySelector('[data-live-state]');

function say(text) {
  if (state) {
    state.textContent = text;
    state.hidden = false;
  }
}

function open(url, handlers) {
  const source = new EventSource(url);
  source.addEventListener('open', () => say('live'));
  source.addEventListener('error', () =>
    say(source.readyState === EventSource.CLOSED ? 'not live, reload the page' : 'connecting again'),
  );
  source.addEventListener('end', (event) => {
    source.close();
    say(JSON.parse(event.data).reason);
  });
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
  }
  addEventListener('pagehide', () => source.close());
}

/** The server escaped everything in it, as in the page itself. */
function rowOf(html) {
  const holder = document.createElement('template');
  holder.innerHTML = html;
  return holder.content.firstElementChild;
}

function watchList(body) {
  open(body.dataset.live, {
    rows({ order, rows }) {
      for (const [id, html] of Object.entries(rows)) {
        const row = rowOf(html);
        const old = document.getElementById(`task-${id}`);
        const box = old?.querySelector('input[type=checkbox]');
        const isFocused = old?.contains(document.activeElement);
        if (!body.closest('form')) {
          row.querySelector('.pick')?.remove();
        }
        if (box?.checked) {
          row.querySelector('input[type=checkbox]').checked = true;
        }
        row.classList.add('fresh');
        if (old && body.contains(old)) {
          old.replaceWith(row);
        } else {
          body.append(row);
        }
        if (isFocused) {
          row.querySelector('a')?.focus();
        }
      }
      const known = new Map([...body.children].map((row) => [row.dataset.id, row]));
      order.forEach((id, index) => {
        const row = known.get(id);
        known.delete(id);
        if (row && body.children[index] !== row) {
          body.insertBefore(row, body.children[index] ?? null);
        }
      });
      for (const row of known.values()) {
        row.remove();
      }
      const empty = body.closest('.scroll')?.querySelector('[data-empty]');
      if (empty) {
        empty.hidden = order.length > 0;
      }
    },
  });
}

const MAX_LOG_CHARACTERS = 400_000;

function watchTask(holder) {
  const ends = [...holder.querySelectorAll('[data-log]')].map((log) => `${log.dataset.log}:${log.dataset.end}`);
  const query = new URLSearchParams({ revision: holder.dataset.revision, logs: ends.join(',') });
  open(`${holder.dataset.liveTask}?${query}`, {
    parts(parts) {
      for (const [name, html] of Object.entries(parts)) {
        const part = document.getElementById(`part-${name}`);
        // What somebody is typing into or has opened stays as it is.
        if (!part || part.contains(document.activeElement)) {
          continue;
        }
        part.innerHTML = html;
      }
    },
    log({ name, text, fresh }) {
      const log = holder.querySelector(`[data-log="${CSS.escape(name)}"]`);
      if (!log) {
        location.reload();
        return;
      }
      const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
      const whole = (fresh ? '' : log.textContent) + text;
      log.textContent = whole.length > MAX_LOG_CHARACTERS ? whole.slice(-MAX_LOG_CHARACTERS) : whole;
      if (atEnd) {
        log.scrollTop = log.scrollHeight;
      }
    },
  });
}

document.querySelectorAll('[data-live]').forEach(watchList);
document.querySelectorAll('[data-live-task]').forEach(watchTask);
