import { INSTRUCTION_FILES } from '../../config/instruction-files.ts';

/** A family of files that no agent changes, and what they could do. Patterns are folded: see `foldPath`. */
export interface ProtectedFamily {
  readonly why: string;
  readonly patterns: readonly string[];
}

/**
 * Files that run code, or steer what runs, before a person has looked at the change: in continuous integration, at
 * checkout, or when someone opens the branch in an editor or with an agent. One of them in a change withholds the whole
 * change. Manifests and lock files of packages are not among them: most work needs them, and a reviewer reads them.
 */
export const PROTECTED_FAMILIES: readonly ProtectedFamily[] = [
  {
    why: 'it runs in continuous integration',
    patterns: [
      '.github/workflows/**',
      '.github/actions/**',
      '.gitlab-ci.yml',
      '.gitlab/**',
      '.circleci/**',
      '.buildkite/**',
      '.woodpecker/**',
      '.woodpecker.yml',
      '.travis.yml',
      '.drone.yml',
      '.cirrus.yml',
      'appveyor.yml',
      '.appveyor.yml',
      'azure-pipelines.yml',
      'bitbucket-pipelines.yml',
      '**/jenkinsfile',
    ],
  },
  {
    why: 'it steers who reviews, or Bosun itself',
    patterns: [
      '**/codeowners',
      '.github/bosun.yml',
      '.github/bosun.yaml',
      '.github/dependabot.yml',
      '.github/dependabot.yaml',
    ],
  },
  {
    why: 'it steers what git does at checkout',
    patterns: ['**/.gitmodules', '**/.lfsconfig', '**/.gitattributes', '**/.gitconfig'],
  },
  {
    why: 'it runs when someone commits, enters the folder or installs',
    patterns: [
      '**/.husky/**',
      '**/.githooks/**',
      '**/.pre-commit-config.yaml',
      '**/lefthook.yml',
      '**/.lefthook.yml',
      '**/.envrc',
      '**/.npmrc',
      '**/.yarnrc',
      '**/.yarnrc.yml',
      '**/.pnpmfile.cjs',
    ],
  },
  {
    why: 'it runs when someone opens the branch in an editor',
    patterns: ['**/.devcontainer/**', '**/.devcontainer.json', '**/.vscode/**', '**/.idea/**'],
  },
  {
    why: 'it gives orders to agents',
    patterns: [
      ...INSTRUCTION_FILES.map((name) => `**/${name.toLowerCase()}`),
      '**/agents.override.md',
      '**/agent.md',
      '**/claude.local.md',
      '**/gemini.md',
      '**/.claude/**',
      '**/.codex/**',
      '**/.gemini/**',
      '**/.cursor/**',
      '**/.cursorrules',
      '**/.windsurf/**',
      '**/.windsurfrules',
      '**/.clinerules/**',
      '**/.roo/**',
      '**/.roorules',
      '**/.aider.conf.yml',
      '**/.mcp.json',
      '**/.continue/**',
      '.github/copilot-instructions.md',
      '.github/copilot-setup-steps.yml',
      '.github/instructions/**',
      '.github/prompts/**',
      '.github/chatmodes/**',
      '.github/agents/**',
      '.github/skills/**',
      '.agents/**',
    ],
  },
];
