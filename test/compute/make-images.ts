import { execFileSync } from 'node:child_process';
import { Readable } from 'node:stream';
import type Dockerode from 'dockerode';
import { TEST_IMAGE } from './test-engine.ts';

/** Images that differ from the usual one in what a user's image may get wrong, made once and removed at the end. */
export interface TestImages {
  /** The usual image after a command as root, with what a Dockerfile would set. */
  derive(name: string, given: { run?: readonly string[]; changes?: readonly string[] }): Promise<string>;
  /** An image with nothing in it but an empty directory. */
  makeEmpty(name: string): Promise<string>;
  remove(): Promise<void>;
}

export function createTestImages(engine: Dockerode): TestImages {
  const made: string[] = [];
  return {
    async derive(name, { run = ['true'], changes = [] }) {
      const image = `bosun-test:${name}`;
      const container = await engine.createContainer({ Image: TEST_IMAGE, Cmd: [...run], NetworkDisabled: true });
      try {
        await container.start();
        await container.wait();
        await container.commit({
          repo: 'bosun-test',
          tag: name,
          changes: ['LABEL made-by=tests', ...changes].join('\n'),
        });
        made.push(image);
      } finally {
        await container.remove({ force: true });
      }
      return image;
    },
    async makeEmpty(name) {
      const archive = execFileSync('tar', ['--create', '--file=-', '--directory=/', '--no-recursion', 'proc']);
      const answer = await engine.importImage(Readable.from([archive]), { repo: 'bosun-test', tag: name });
      for await (const _line of answer) {
        // It is made when the answer has ended
      }
      made.push(`bosun-test:${name}`);
      return `bosun-test:${name}`;
    },
    async remove() {
      for (const image of made.splice(0)) {
        await engine.getImage(image).remove({ force: true });
      }
    },
  };
}
