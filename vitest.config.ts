import { defineConfig } from 'vitest/config';

/**
 * Whole programs: the Action's bundle as a runner starts it, coding agents of other makers, containers, several processes.
 * Like the proofs they are left out of `npm test`, so that it stays short enough to be run before every commit.
 */
const PROGRAMS = [
  'test/action/{journey,refusals,endings}.test.ts',
  'test/cli/demo.test.ts',
  'test/cli/doctor/{check-image,try-repository}.test.ts',
  'test/compute/docker-*.test.ts',
  'test/github/shared-turns.test.ts',
  'test/worker/in-sandbox.test.ts',
  'test/worker/agents/*.test.ts',
];

/** Whole tasks: real processes from the webhook to the pull request, crashes, event orders, simulated days. */
const PROOFS = [
  'test/crash/**/*.test.ts',
  'test/soak/**/*.test.ts',
  'test/simulation/**/*.test.ts',
  'test/scenario/**/*.test.ts',
];

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    // Processes, because tests send signals and change users; not isolated, because no test replaces a module.
    pool: 'forks',
    isolate: false,
    // Much of the time is spent waiting for leases and pauses of real processes.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    restoreMocks: true,
    // A test that fails by chance is a defect of the product or of the test.
    retry: 0,
    reporters: ['default', './test/support/skip-reporter.ts'],
    projects: [
      { extends: true, test: { name: 'suite', include: ['test/**/*.test.ts'], exclude: [...PROGRAMS, ...PROOFS] } },
      { extends: true, test: { name: 'programs', include: PROGRAMS } },
      { extends: true, test: { name: 'proofs', include: PROOFS } },
    ],
  },
});
