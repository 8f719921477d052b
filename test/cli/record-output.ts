import { PassThrough } from 'node:stream';
import { WriteStream } from 'node:tty';

import { createOutput, type Output } from '../../app/cli/output.ts';

export interface RecordedOutput {
  readonly output: Output;
  stdout(): string;
  stderr(): string;
}

/** The real output on streams of its own; `terminal` makes them a terminal with colors. */
export function recordOutput(options: { json?: true; terminal?: true; columns?: number } = {}): RecordedOutput {
  const [stdout, stderr] = [openStream(options), openStream(options)];
  return {
    output: createOutput({ json: options.json ?? false, stdout: stdout.stream, stderr: stderr.stream }),
    stdout: stdout.text,
    stderr: stderr.text,
  };
}

/** What Node asks a terminal before it colors; it looks at the environment. */
const TERMINAL = { getColorDepth: () => WriteStream.prototype.getColorDepth() };

function openStream(options: { terminal?: true; columns?: number }): {
  stream: NodeJS.WriteStream;
  text: () => string;
} {
  const chunks: Buffer[] = [];
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const facts = { isTTY: options.terminal ?? false, columns: options.columns, ...(options.terminal ? TERMINAL : {}) };
  return {
    stream: Object.assign(stream, facts) as unknown as NodeJS.WriteStream,
    text: () => Buffer.concat(chunks).toString('utf8'),
  };
}
