import type { TestProject } from 'vitest/node';

import { serveDatabases } from './test-databases.ts';
import { stopForgottenServers } from './throwaway-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where `withDatabase` asks for a database. */
    databaseServer: string;
  }
}

/**
 * One PostgreSQL for the whole run, started when the first test file asks for a database: the server in
 * `BOSUN_TEST_DATABASE_URL`, or else the embedded one. The run fails when a file leaves a database or a server behind.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const databases = await serveDatabases({ serverUrl: process.env['BOSUN_TEST_DATABASE_URL'] });
  project.provide('databaseServer', databases.url);
  return async () => {
    const forgotten = await databases.close();
    const servers = await stopForgottenServers();
    if (forgotten.length + servers.length > 0) {
      process.exitCode = 1;
      throw new Error(
        `Test files left databases (${forgotten.join(', ')}) or servers (${servers.join(', ')}) behind. ` +
          'Databases come from withDatabase, which drops them; a server is stopped by the test that started it.',
      );
    }
  };
}
