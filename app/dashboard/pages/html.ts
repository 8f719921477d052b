import { html } from 'hono/html';
import { takeStart } from '../../../protocol/index.ts';
import { exactUsd, formatUsd } from '../../budget/money.ts';
import type { NanoUsd, Task } from '../../task/task.ts';
import { stripControls } from '../../text/strip-controls.ts';

export { html };
/** Text that is safe in a page: `html` escapes every value that is not such text itself. */
export type Html = ReturnType<typeof html>;

const LONGEST_LINE = 300;

/** One line by others: without control and format characters, which would change what is read, and not too long. */
export function line(text: string, max = LONGEST_LINE): string {
  const plain = takeStart(
    stripControls(takeStart(text, max * 8))
      .replaceAll(/[\s\p{C}]+/gu, ' ')
      .trim(),
    max + 1,
  );
  return plain.length > max ? `${takeStart(plain, max).trimEnd()}…` : plain;
}

/** Several lines by others; the start is kept. */
export function lines(text: string, max: number): string {
  const kept = takeStart(text, max);
  const plain = stripControls(kept).replaceAll(/[^\P{C}\n\t]/gu, '');
  return kept.length < text.length ? `${plain}\n… ${text.length - kept.length} more characters` : plain;
}

/** Text by others, isolated so that right-to-left text does not move what stands beside it. */
export function foreign(text: string, max?: number): Html {
  return html`<bdi>${line(text, max)}</bdi>`;
}

export function money(nano: NanoUsd): Html {
  return html`<span class="num" title="$${exactUsd(nano)}">$${formatUsd(nano)}</span>`;
}

export function when(at: Date | null): Html {
  if (at === null) {
    return html`<span class="dim">–</span>`;
  }
  const iso = at.toISOString();
  return html`<time datetime="${iso}" title="${iso}">${iso.slice(0, 16).replace('T', ' ')}</time>`;
}

/** `4 min`, `3 h`, `12 d`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) {
    return `${seconds} s`;
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return `${minutes} min`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d`;
}

export function ago(at: Date, now: Date): Html {
  const iso = at.toISOString();
  return html`<time datetime="${iso}" title="${iso}" data-ago>${span(now.getTime() - at.getTime())} ago</time>`;
}

const STATE_WORDS: Readonly<
  Record<Task['state'], { readonly word: string; readonly look: string; readonly sign: string }>
> = {
  SUBMITTED: { word: 'Waiting', look: 'wait', sign: '◷' },
  HYDRATING: { word: 'Preparing', look: 'live', sign: '▸' },
  RUNNING: { word: 'Running', look: 'live', sign: '▸' },
  FINALIZING: { word: 'Finishing', look: 'live', sign: '▸' },
  COMPLETED: { word: 'Completed', look: 'good', sign: '✓' },
  FAILED: { word: 'Failed', look: 'bad', sign: '✕' },
  CANCELLED: { word: 'Cancelled', look: 'off', sign: '–' },
  TIMED_OUT: { word: 'Timed out', look: 'bad', sign: '✕' },
};

export function stateBadge({ state, wait }: Pick<Task, 'state' | 'wait'>): Html {
  const { look, sign, word } = STATE_WORDS[state];
  const isPaused = wait !== null && wait.reason !== 'slot' && wait.reason !== 'backoff';
  const shown = isPaused ? { look: 'held', word: WAIT_WORDS[wait.reason] } : { look, word };
  return html`<span class="badge ${shown.look}"><span aria-hidden="true">${sign}</span> ${shown.word}</span>`;
}

const WAIT_WORDS: Readonly<Record<NonNullable<Task['wait']>['reason'], string>> = {
  slot: 'Waiting',
  budget: 'Needs budget',
  approval: 'Needs approval',
  dependency: 'Blocked',
  github: 'Waits for GitHub',
  model: 'Waits for model',
  backoff: 'Waiting',
  human: 'Needs a person',
  paused: 'Paused',
};

/** What was spent of what may be; a bar that is read out as a sentence. */
export function spendBar(spentNano: NanoUsd, capNano: NanoUsd | null): Html {
  if (capNano === null || capNano === 0) {
    return html`${money(spentNano)}`;
  }
  const percent = Math.min(100, Math.round((spentNano / capNano) * 100));
  return html`<span class="spend"
    ><span>${money(spentNano)} <span class="dim">of $${formatUsd(capNano)}</span></span>
    <progress class="${levelOf(percent)}" max="100" value="${percent}" aria-label="${percent} % spent"></progress
  ></span>`;
}

function levelOf(percent: number): string {
  if (percent >= 95) {
    return 'bad';
  }
  return percent >= 80 ? 'warn' : 'good';
}

/** A link by others that leads to a web page, or the text alone. */
export function outLink(url: string | null, text: Html | string): Html {
  const isSafe = url !== null && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  return isSafe ? html`<a href="${url}" rel="noreferrer">${text}</a>` : html`${text}`;
}

export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}

export function repositoryName(task: Pick<Task, 'repository'>): string {
  return `${task.repository.owner}/${task.repository.name}`;
}
