import type { RepoFiles } from '../../app/admission/repo-file.ts';
import type { RepoConfig } from '../../app/config/repo-config.ts';

/** The repository's file with what the workflow says on top: its prefix replaces, its label joins. */
export function overlayInputs(files: RepoFiles, said: { prefix: string | null; label: string }): RepoFiles {
  return {
    async read(repository, github) {
      const file = await files.read(repository, github);
      return file.ok ? { ok: true, config: overlay(file.config, said) } : file;
    },
  };
}

function overlay(config: RepoConfig, said: { prefix: string | null; label: string }): RepoConfig {
  // Without a prototype, as the file's own: a label may be called `constructor`.
  const labels = Object.assign(Object.create(null) as Record<string, string>, config.labels);
  // The default label counts only as far as the file lets it.
  if (said.label !== 'bosun') {
    labels[said.label] = labels[said.label] ?? 'implement';
  }
  return { ...config, prefix: said.prefix ?? config.prefix, labels };
}
