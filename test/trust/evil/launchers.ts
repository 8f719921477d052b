/** Ways to run a shell script; a sandbox has to hold in every one. `script` is a program for bash. */
type Launcher = (script: string) => readonly string[];

function quoted(script: string): string {
  return `'${script.replaceAll("'", `'\\''`)}'`;
}

/** Runs `bash -c SCRIPT` below what `line` makes of it. */
function below(line: (run: string) => string): Launcher {
  return (script) => ['bash', '-c', line(`bash -c ${quoted(script)}`)];
}

export const LAUNCHERS: readonly Launcher[] = [
  (script) => ['bash', '-c', script],
  below((run) => run),
  below((run) => `setsid -w ${run}`),
  below((run) => `nohup ${run} 2>/dev/null`),
  below((run) => `env -i PATH="$PATH" ${run}`),
  below((run) => `(exec ${run})`),
  below((run) => `${run} & wait $!`),
  below((run) => `( ( ${run} ) )`),
  below((run) => `cd /tmp && ${run}`),
  below((run) => `cd / && ${run}`),
  below((run) => `umask 0 && ${run}`),
  below((run) => `ulimit -c unlimited 2>/dev/null; ${run}`),
  below((run) => `exec 0<&-; ${run}`),
  below((run) => `exec 9>/dev/null; ${run}`),
  below((run) => `nice -n 19 ${run}`),
  below((run) => `timeout 4 ${run}`),
  below((run) => `echo ${run.length} | xargs -I{} ${run}`),
  below((run) => `find /bosun/job -maxdepth 0 -exec ${run} \\; && [ -e /never ]; ${run}`),
  below((run) => `stdbuf -o0 ${run}`),
  below((run) => `LD_PRELOAD= LD_LIBRARY_PATH=/tmp ${run}`),
  (script) => ['perl', '-e', 'exit(system("bash", "-c", $ARGV[0]) == 0 ? 0 : 1)', script],
  (script) => [
    'perl',
    '-e',
    'if (my $p = fork) { waitpid($p, 0); exit($? == 0 ? 0 : 1) } exec("bash", "-c", $ARGV[0])',
    script,
  ],
  (script) => ['bash', '-c', `printf %s ${quoted(script)} > /tmp/loot.sh; bash /tmp/loot.sh`],
  (script) => ['bash', '-c', `cp /bin/bash /tmp/other 2>/dev/null; exec -a init /tmp/other -c ${quoted(script)}`],
  (script) => ['bash', '-c', `printf %s ${quoted(script)} | bash -s`],
];
