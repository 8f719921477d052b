import type { Reporter, TestModule } from 'vitest/node';

/** `(skipped: bubblewrap was not found. …)` in the name of a suite or test is the reason why it did not run. */
const REASON = /\(skipped: (.+)\)/s;

/** Prints one line at the end of a run with what was skipped and why; nothing when every test ran. */
export default class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = new Map<string, number>();
    for (const module of modules) {
      for (const skipped of module.children.allTests('skipped')) {
        const reason = REASON.exec(skipped.fullName)?.[1] ?? `no reason given in ${module.relativeModuleId}`;
        counts.set(reason, (counts.get(reason) ?? 0) + 1);
      }
    }
    const parts = [...counts].map(([reason, count]) => `${count} ${count === 1 ? 'test' : 'tests'}: ${reason}`);
    if (parts.length > 0) {
      console.log(`Skipped ${parts.join('; ')}`);
    }
  }
}
