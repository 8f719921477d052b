import type Dockerode from 'dockerode';
import { explainEngine } from './engine-errors.ts';

export type EngineCheck =
  | { readonly ok: true; readonly version: string; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly reason: string; readonly remedy: string };

interface EngineInfo {
  readonly SecurityOptions?: readonly string[] | null;
  readonly MemoryLimit?: boolean;
  readonly SwapLimit?: boolean;
  readonly PidsLimit?: boolean;
  readonly CpuShares?: boolean;
  readonly CPUShares?: boolean;
  readonly OSType?: string;
  readonly Runtimes?: Readonly<Record<string, unknown>>;
}

/** Whether an engine answers, and what of a worker's limits it can keep. */
export async function checkEngine(
  engine: Dockerode,
  given: { socketPath: string; image: string; runtime: string | null },
): Promise<EngineCheck> {
  try {
    const [version, info] = await Promise.all([engine.version(), engine.info() as Promise<EngineInfo>]);
    const problem = judgeInfo(info, given.runtime);
    const components = (version as { Components?: readonly { Name?: string }[] }).Components ?? [];
    const name = components.some((part) => /podman/i.test(part.Name ?? '')) ? 'Podman' : 'Docker';
    return problem ?? { ok: true, version: `${name} ${version.Version}`, warnings: findWeaknesses(info) };
  } catch (error) {
    return { ok: false, ...explainEngine(error, given) };
  }
}

/** What makes an engine unusable; null when nothing does. */
export function judgeInfo(info: EngineInfo, runtime: string | null): EngineCheck | null {
  const options = info.SecurityOptions ?? [];
  if (info.OSType !== undefined && info.OSType !== 'linux') {
    return {
      ok: false,
      reason: `the container engine runs ${info.OSType} containers`,
      remedy: 'Switch it to Linux containers.',
    };
  }
  if (options.some((option) => /name=(userns|rootless)/.test(option))) {
    return {
      ok: false,
      reason: 'the container engine gives users other numbers inside than outside (rootless, or `userns-remap`)',
      remedy: 'Use an engine that runs as root without `userns-remap`; workers never run as root in it.',
    };
  }
  if (runtime !== null && info.Runtimes !== undefined && !(runtime in info.Runtimes)) {
    return {
      ok: false,
      reason: `the container engine has no runtime \`${runtime}\`, which \`docker.runtime\` of BOSUN_CONFIG names`,
      remedy: `Name one of ${Object.keys(info.Runtimes).join(', ')}, or register it with the engine.`,
    };
  }
  return null;
}

/** Limits that this engine cannot keep. */
export function findWeaknesses(info: EngineInfo): string[] {
  const options = info.SecurityOptions ?? [];
  return [
    ...(info.MemoryLimit === false ? ['memory is not limited'] : []),
    ...(info.SwapLimit === false ? ['swap is not limited'] : []),
    ...(info.PidsLimit === false ? ['processes are not limited'] : []),
    ...(options.some((option) => option.startsWith('name=seccomp')) ? [] : ['system calls are not filtered (seccomp)']),
  ];
}
