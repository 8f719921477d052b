/**
 * A Bosun in a process of its own: `node mortal-bosun.ts <settings as JSON> [step]`. Prints one line of JSON for its
 * address and for each step it takes; kills itself with SIGKILL at the given step, and winds down at SIGTERM.
 */
import { parseServerConfig } from '../../app/config/server-config.ts';
import { startBosun } from '../../app/main.ts';

const [settings = '{}', fatalStep] = process.argv.slice(2);
const parsed = parseServerConfig(JSON.parse(settings) as Record<string, string>);
if (!parsed.ok) {
  throw new Error(JSON.stringify(parsed.problems));
}
const bosun = await startBosun(parsed.config, {
  version: '0.0.0',
  onStep(step) {
    if (step === fatalStep) {
      process.kill(process.pid, 'SIGKILL');
    }
    process.stdout.write(`${JSON.stringify({ step })}\n`);
  },
});
process.stdout.write(`${JSON.stringify({ url: bosun.url })}\n`);
process.once('SIGTERM', () => void bosun.stop().then(() => process.exit(0)));
