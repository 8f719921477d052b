import { styleText } from 'node:util';
import { printable } from './printable.ts';

/** Gives a text its look, where the stream can show it. */
export type Paint = (text: string) => string;

/** Where a command writes: results to stdout, progress and problems to stderr. */
export interface Output {
  readonly json: boolean;
  /** How wide a line may be. */
  readonly columns: number;
  /** Text of ours for people; what others wrote in it goes through `printable` first. */
  result(text: string): void;
  /** A file as it is, for pipes; on a terminal without what would steer it. */
  file(bytes: Uint8Array): void;
  /** One JSON document on stdout; only with `--json`. */
  document(value: unknown): void;
  readonly progress: (line: string) => void;
  /** A line that the next one replaces; only on a terminal. The empty line takes it away. */
  status(line: string): void;
  problem(what: string, remedy: string): void;
  readonly good: Paint;
  readonly bad: Paint;
  readonly warned: Paint;
  readonly quiet: Paint;
  readonly strong: Paint;
}

export interface OutputOptions {
  readonly json: boolean;
  readonly stdout?: NodeJS.WriteStream;
  readonly stderr?: NodeJS.WriteStream;
}

type Format = Parameters<typeof styleText>[0];

/** Longer lines are hard to read; and a pipe has no width. */
const MOST_COLUMNS = 120;
const CLEAR_LINE = '\r\u001B[K';

/** `styleText` looks at the stream and at NO_COLOR and FORCE_COLOR itself. */
export function createOutput(options: OutputOptions): Output {
  const { json, stdout = process.stdout, stderr = process.stderr } = options;
  let statusShown = false;

  function paint(format: Format): Paint {
    return (text) => styleText(format, text, { stream: stdout, validateStream: true });
  }
  function clearStatus(): void {
    if (statusShown) {
      stderr.write(CLEAR_LINE);
      statusShown = false;
    }
  }
  function write(text: string | Uint8Array): void {
    clearStatus();
    stdout.write(text);
  }

  return {
    json,
    columns: Math.min(stdout.columns ?? MOST_COLUMNS, MOST_COLUMNS),
    result(text) {
      write(text.endsWith('\n') ? text : `${text}\n`);
    },
    file(bytes) {
      write(stdout.isTTY ? printable(Buffer.from(bytes).toString('utf8'), { lines: 'kept' }) : bytes);
    },
    document(value) {
      write(`${JSON.stringify(value, null, 2)}\n`);
    },
    progress(line) {
      clearStatus();
      stderr.write(`${line}\n`);
    },
    status(line) {
      if (stderr.isTTY) {
        clearStatus();
        stderr.write(line);
        statusShown = line !== '';
      }
    },
    problem(what, remedy) {
      clearStatus();
      const head = styleText('red', 'bosun:', { stream: stderr, validateStream: true });
      stderr.write(`${head} ${what}\n${remedy === '' ? '' : `       ${remedy}\n`}`);
    },
    good: paint('green'),
    bad: paint('red'),
    warned: paint('yellow'),
    quiet: paint('gray'),
    strong: paint('bold'),
  };
}
