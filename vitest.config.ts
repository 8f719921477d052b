import { defineConfig } from 'vitest/config';

/**
 * Tests that start many processes: git with a server on the other end, sandboxes, workers, containers, coding agents of other
 * makers, the Action's bundle; and those that play at random on a real database. They are left out of `npm test`, so that it
 * stays short enough to be run before every commit. `npm run test:proofs` and CI run them.
 */
const PROGRAMS = [
  'test/action/{journey,refusals,endings}.test.ts',
  'test/cli/{demo,run}.test.ts',
  'test/cli/doctor/{check-image,try-agent,try-repository}.test.ts',
  'test/compute/{docker,kubernetes,process,sandbox}-*.test.ts',
  'test/door/spending/overspend.test.ts',
  'test/git/{attempt-repository,mirror,refused-push,serve-repository,stored-work}.test.ts',
  'test/github/shared-turns.test.ts',
  'test/publish/{branch,github-lag,lost-directory,publish,rename}.test.ts',
  'test/publish/inspect/inspect-work.test.ts',
  'test/publish/signing/*.test.ts',
  'test/store/embedded/embedded-postgres.test.ts',
  'test/store/postgres/{money-properties,random-operations}.test.ts',
  'test/trust/*.test.ts',
  'test/worker/{in-sandbox,journey,stopping,working-copy}.test.ts',
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
