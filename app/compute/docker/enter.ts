// The first program in a container: takes the job from standard input, keeps it where the worker reads it, and becomes the
// worker. So the job, which holds the door's token, is in no file of the host, no argument and no environment.
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const [entry = '', jobFile = ''] = process.argv.slice(2);
const chunks: Buffer[] = [];
for await (const chunk of process.stdin) {
  chunks.push(chunk as Buffer);
}
writeFileSync(jobFile, Buffer.concat(chunks), { mode: 0o400, flag: 'wx' });
// Set by the engine; they say nothing that a worker needs
for (const name of ['HOSTNAME', 'TERM', 'container']) {
  delete process.env[name];
}
process.argv.splice(1, 2, entry);
await import(pathToFileURL(entry).href);
