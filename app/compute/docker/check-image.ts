import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type Dockerode from 'dockerode';
import { takeEnd } from '../../../protocol/index.ts';
import { INSIDE } from '../sandbox/sandbox-arguments.ts';
import { workerEnvironment } from '../session/worker-environment.ts';
import type { ContainerPlan } from './container-options.ts';
import { runContainer } from './run-container.ts';
import { searchPathOf, type WorkerImage } from './worker-image.ts';

/** What a worker finds in an image. */
export interface ImageTools {
  readonly git: string;
  /** Without `tar` environments are prepared again for every task. */
  readonly tar: boolean;
  readonly shell: boolean;
  readonly programs: readonly string[];
}

export type ImageCheck =
  | { readonly ok: true; readonly tools: ImageTools }
  | { readonly ok: false; readonly reason: string; readonly remedy: string };

const MEBIBYTE = 1024 * 1024;

/** Runs in the image under Bosun's Node, and looks for programs on the search path. */
const LOOK = `
const { spawnSync } = require('node:child_process');
const run = (program, ...args) => { const r = spawnSync(program, args, { encoding: 'utf8' }); return r.status === 0 ? (r.stdout + r.stderr).trim().split('\\n')[0] : null; };
const programs = ['bash', 'node', 'npm', 'python3', 'pip', 'uv', 'go', 'cargo', 'java', 'mvn', 'ruby', 'bundle', 'php', 'composer', 'dotnet', 'make', 'gcc'];
const has = (name) => (process.env.PATH || '').split(':').some((d) => { try { require('node:fs').accessSync(d + '/' + name, 1); return d !== '/bosun/bin'; } catch { return false; } });
console.log(JSON.stringify({ git: run('git', '--version'), tar: has('tar'), shell: run('/bin/sh', '-c', 'echo ok') === 'ok', programs: programs.filter(has) }));
`;

/** How a program of our own runs in an image: no more rights than a worker, and hardly any memory. */
export async function planTrial(given: {
  image: WorkerImage;
  nodePath: string;
  runtime: string | null;
}): Promise<Omit<ContainerPlan, 'name' | 'labels' | 'command'>> {
  const { image } = given;
  const own = process.getuid?.() ?? 0;
  return {
    image,
    owner: own === 0 ? { uid: 65_534, gid: 65_534 } : { uid: own, gid: process.getgid?.() ?? own },
    environment: workerEnvironment({
      path: searchPathOf(image),
      home: INSIDE.home,
      temporary: INSIDE.temporary,
      compileCache: null,
    }),
    binds: [{ from: await realpath(given.nodePath), to: INSIDE.node }],
    memory: { [INSIDE.home]: MEBIBYTE, [INSIDE.temporary]: MEBIBYTE },
    limits: { memoryBytes: 512 * MEBIBYTE, processes: 64, fileBytes: MEBIBYTE },
    runtime: given.runtime,
    cpus: null,
  };
}

/** Looks into an image as a worker would find it. Rejects when the engine does not start a container. */
export async function checkImage(
  engine: Dockerode,
  given: { image: WorkerImage; nodePath: string; runtime: string | null },
): Promise<ImageCheck> {
  const { name } = given.image;
  const trial = await planTrial(given);
  const ran = await runContainer(engine, { ...trial, kind: 'check', command: [INSIDE.node, '-e', LOOK] });
  if (ran.exitCode !== 0) {
    return { ok: false, ...explainTrial(name, ran) };
  }
  const seen = JSON.parse(ran.output) as Omit<ImageTools, 'git'> & { git: string | null };
  if (seen.git === null) {
    return {
      ok: false,
      reason: `the image \`${name}\` has no git that runs`,
      remedy: 'Install git in the image (`apt-get install git`, `dnf install git`), and build it again.',
    };
  }
  return { ok: true, tools: { ...seen, git: seen.git } };
}

/** Bosun's Node, which every worker runs on, did not run in the image. */
function explainTrial(
  name: string,
  ran: { exitCode: number; output: string; errors: string },
): { reason: string; remedy: string } {
  const said = takeEnd(ran.errors.trim().split('\n').at(-1) ?? '', 300);
  const needs = `Use an image based on glibc (Debian, Ubuntu, Fedora; not Alpine) for this machine's processor (${process.arch}).`;
  if (/exec .*(no such file or directory|exec format error)/i.test(ran.errors) || ran.exitCode === 127) {
    return {
      reason: `the image \`${name}\` has no glibc that ${path.basename(INSIDE.node)} runs on (${said})`,
      remedy: needs,
    };
  }
  if (/error while loading shared libraries|version .GLIBC/i.test(ran.errors)) {
    return { reason: `the glibc or libstdc++ of the image \`${name}\` is missing or too old: ${said}`, remedy: needs };
  }
  return {
    reason: `Bosun's Node does not run in the image \`${name}\`: exit code ${ran.exitCode}, ${said}`,
    remedy: needs,
  };
}
