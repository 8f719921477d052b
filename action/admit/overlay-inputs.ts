import type { RepoFiles } from '../../app/admission/repo-file.ts';
import { labelKey } from '../../app/config/label-name.ts';
import type { RepoConfig } from '../../app/config/repo/to-config.ts';

/** The repository's file with what the workflow says on top: its prefix replaces, its label joins. */
export function overlayInputs(files: RepoFiles, said: { prefix: string | null; label: string }): RepoFiles {
  return {
    async read(repository, github) {
      const file = await files.read(repository, github);
      return file.ok ? { ...file, config: overlay(file.config, said) } : file;
    },
    findMisplaced: (...given) => files.findMisplaced(...given),
  };
}

function overlay(config: RepoConfig, said: { prefix: string | null; label: string }): RepoConfig {
  // Without a prototype, as the file's own: a label may be called `constructor`.
  const labels = Object.assign(Object.create(null) as Record<string, string>, config.labels);
  // The default label counts only as far as the file lets it.
  const label = labelKey(said.label);
  if (label !== 'bosun') {
    labels[label] = labels[label] ?? 'implement';
  }
  // A push with the token of a workflow starts no workflows, which is what a person would look at it for.
  return { ...config, prefix: said.prefix ?? config.prefix, push: config.push ?? 'always', labels };
}
