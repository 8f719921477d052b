// The first program of a worker on another machine than Bosun: gets the job from the door, keeps it where the worker reads
// it, and becomes the worker. So the job, which holds the door's token, is in nothing that the machine's owner keeps.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { DOOR_PATHS, takeStart, Ticket } from '../protocol/index.ts';
import type { AnyJob } from '../protocol/index.ts';
import { connectionTo } from './door/remote-door.ts';

const EXIT_NO_JOB = 2;
const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 500;
const ANSWER_MS = 15_000;
const MAX_JOB_BYTES = 32 * 1024 * 1024;
/** What a cluster sets beside is none of the worker's business: it names the machines of the operator. */
const KEPT = ['PATH', 'HOME', 'TMPDIR', 'LANG'];

const [entry = '', jobFile = '', ticketFile = ''] = process.argv.slice(2);
const ticket = Ticket.parse(JSON.parse(readTicket(ticketFile)));
for (const name of Object.keys(process.env).filter((name) => !KEPT.includes(name))) {
  delete process.env[name];
}
// The image's own programs come first; the Node that runs this is there for repositories that bring none
process.env['PATH'] = `${process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'}:${path.dirname(process.execPath)}`;
const answer = await join(ticket);
if (answer.status !== 200) {
  console.error(`The door did not hand out the job of this worker: ${answer.status} ${takeStart(answer.body, 500)}`);
  process.exit(EXIT_NO_JOB);
}
for (const directory of [(JSON.parse(answer.body) as AnyJob).workDir, process.env['HOME']]) {
  if (directory !== undefined) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
}
writeFileSync(jobFile, answer.body, { mode: 0o400, flag: 'wx' });
process.argv.splice(1, 4, entry, jobFile);
await import(pathToFileURL(entry).href);

/** From a file, or from the variable that `$NAME` names. */
function readTicket(from: string): string {
  return from.startsWith('$') ? (process.env[from.slice(1)] ?? '') : readFileSync(from, 'utf8');
}

/** Asks until the door answers: a new machine may not reach it in its first moments. */
async function join({ code, door }: Ticket): Promise<{ status: number; body: string }> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const asked = await ask({ code, door }).catch((error: Error) => ({ status: 0, body: error.message }));
    if ((asked.status !== 0 && asked.status < 500) || performance.now() > until) {
      return asked;
    }
    await pause(LOOK_AGAIN_MS);
  }
}

function ask({ code, door }: Ticket): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request(
      { ...connectionTo(door), agent: false, method: 'POST', path: DOOR_PATHS.join, timeout: ANSWER_MS },
      (answer) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MAX_JOB_BYTES) {
            answer.destroy(new Error('the job is too large'));
          }
          chunks.push(chunk);
        });
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
        answer.on('error', reject);
      },
    );
    call.on('timeout', () => call.destroy(new Error('the door did not answer in time')));
    call.on('error', reject);
    call.setHeader('content-type', 'application/json');
    call.end(JSON.stringify({ code }));
  });
}
