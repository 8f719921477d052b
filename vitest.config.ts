import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Processes, because tests send signals and change users; not isolated, because no test replaces a module.
    pool: 'forks',
    isolate: false,
    // Much of the time is spent waiting for leases and pauses of real processes.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    restoreMocks: true,
    // Scenarios of real processes share two cores in CI; a failure that does not come back is shown as flaky, not as red.
    retry: process.env['CI'] === undefined ? 0 : 2,
    reporters: ['default'],
  },
});
