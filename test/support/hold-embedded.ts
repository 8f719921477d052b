/**
 * A process of its own that keeps an embedded server: `node hold-embedded.ts <data directory>`. Prints one line of JSON
 * when it is ready or has failed; stops the server when its input ends.
 */
import { startEmbeddedPostgres } from '../../app/store/embedded/start-embedded-postgres.ts';

const log = { info: () => undefined, error: console.error };
const settings = { fsync: 'off' };
const [dataDir = ''] = process.argv.slice(2);

try {
  const server = await startEmbeddedPostgres({ dataDir, log, settings });
  console.log(JSON.stringify({ pid: server.pid(), adopted: server.adopted, connection: server.connection }));
  process.stdin.resume().on('end', () => void server.stop());
} catch (error) {
  console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
}
