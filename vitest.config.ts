import { defineConfig } from 'vitest/config';

/**
 * Whole journeys: real processes from the webhook to the pull request, crashes, event orders, simulated days.
 * `npm run test:proofs` runs them; `npm test` leaves them out, so that it stays short enough to be run before every commit.
 */
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
      { extends: true, test: { name: 'suite', include: ['test/**/*.test.ts'], exclude: PROOFS } },
      { extends: true, test: { name: 'proofs', include: PROOFS } },
    ],
  },
});
