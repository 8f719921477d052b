import path from 'node:path';
import type { LocalGitHub } from './github/local-github.ts';
import type { Issue } from './github/state/world.ts';
import type { ModelReply, ModelRequest, TurnContext } from './model/model-script.ts';
import { story } from './story.ts';

/** The directory of a git repository of this machine, or the files of a new one. */
export type RepositorySource = string | { readonly name: string; readonly files: Readonly<Record<string, string>> };

const DEMONSTRATION = {
  title: 'Write down how this repository is tested',
  body: 'Add a file `BOSUN-DEMO.md` that says which commits were looked at. It is a demonstration.',
};

/** Puts a repository on a local GitHub, with an issue about it. The command is left to the caller. */
export async function stageRepository(
  github: LocalGitHub,
  source: RepositorySource,
  asked: { readonly title: string; readonly body: string } = DEMONSTRATION,
): Promise<{ repository: string; issue: Issue }> {
  const name = typeof source === 'string' ? nameOf(source) : source.name;
  const repository = `${story.owner}/${name}`;
  github.createUser({ login: story.owner, type: 'Organization' });
  github.createUser({ login: story.maintainer, name: 'Mira Holt' });
  await github.createRepository({
    owner: story.owner,
    name,
    ...(typeof source === 'string' ? { fromGit: source } : { files: source.files }),
  });
  github.setPermission(repository, story.maintainer, 'maintain');
  const issue = github.openIssue(repository, { as: story.maintainer, ...asked });
  return { repository, issue };
}

function nameOf(directory: string): string {
  const base = path.basename(directory.replace(/\/(\.git)?$/, '')).replace(/\.git$/, '');
  return base.replaceAll(/[^A-Za-z0-9._-]/g, '-').replace(/^[.-]+/, '') || 'repository';
}

const TURNS: readonly ModelReply[] = [
  {
    text: 'I will look at the repository first.',
    toolUse: [{ name: 'bash', input: { command: 'git log --oneline | head -5; ls | head -40' } }],
    usage: { input: 1900, output: 60, cacheCreation: 1500, cacheRead: 0 },
  },
  {
    text: 'Now I write it down.',
    toolUse: [
      {
        name: 'bash',
        input: {
          command: '{ echo "# Looked at"; echo; git log --oneline | head -5; } > BOSUN-DEMO.md; cat BOSUN-DEMO.md',
        },
      },
    ],
    usage: { input: 400, output: 80, cacheCreation: 300, cacheRead: 1500 },
  },
  {
    text: 'Wrote down which commits were looked at, in `BOSUN-DEMO.md`.',
    usage: { input: 200, output: 40, cacheCreation: 0, cacheRead: 1800 },
  },
];

/** The script for any repository: it reads a little, writes one file and ends. */
export function anyRepositoryScript(_request: ModelRequest, context: TurnContext): ModelReply {
  return TURNS[context.turn] ?? { text: 'Done.' };
}
