import { parseServerConfig, readEnv } from '../../config/server-config.ts';
import { renderConfigProblem } from '../../config/setting.ts';
import { EXIT } from '../exit-codes.ts';
import { openDatabase, type OpenedDatabase, type OpenOptions } from '../inspect/open-database.ts';
import type { Output } from '../output.ts';

/** Opens the database of the settings for `work` and closes it again. What goes wrong is said in a sentence. */
export async function withOpenDatabase(
  request: { output: Output; whenAbsent: OpenOptions['whenAbsent'] },
  work: (opened: OpenedDatabase) => Promise<number>,
): Promise<number> {
  const { output, whenAbsent } = request;
  const parsed = parseServerConfig(readEnv());
  if (!parsed.ok) {
    parsed.problems.forEach((problem) => output.problem(renderConfigProblem(problem), ''));
    return EXIT.usage;
  }
  const { storage } = parsed.config;
  const opened = await openDatabase(storage, { whenAbsent, onProgress: output.progress });
  if (opened.kind === 'absent') {
    output.problem(
      `there is no database in ${storage.dataDir} yet`,
      'Set BOSUN_DATA_DIR or DATABASE_URL to where it is.',
    );
    return EXIT.failed;
  }
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}
