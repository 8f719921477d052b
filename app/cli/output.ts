import { styleText } from 'node:util';

/** Where a command writes: results to stdout, progress and problems to stderr. */
export interface Output {
  readonly json: boolean;
  result(text: string): void;
  /** One JSON document on stdout; only with `--json`. */
  document(value: unknown): void;
  progress(line: string): void;
  problem(what: string, remedy: string): void;
  good(text: string): string;
  bad(text: string): string;
  quiet(text: string): string;
  strong(text: string): string;
}

type Format = Parameters<typeof styleText>[0];

/** `styleText` looks at the stream and at NO_COLOR and FORCE_COLOR itself. */
export function createOutput(options: { json: boolean }): Output {
  function paint(format: Format): (text: string) => string {
    return (text) => styleText(format, text, { stream: process.stdout, validateStream: true });
  }
  return {
    json: options.json,
    result(text) {
      process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    },
    document(value) {
      process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    progress(line) {
      process.stderr.write(`${line}\n`);
    },
    problem(what, remedy) {
      const head = styleText('red', 'bosun:', { stream: process.stderr, validateStream: true });
      process.stderr.write(`${head} ${what}\n${remedy === '' ? '' : `       ${remedy}\n`}`);
    },
    good: paint('green'),
    bad: paint('red'),
    quiet: paint('gray'),
    strong: paint('bold'),
  };
}
