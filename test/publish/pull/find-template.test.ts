import { afterAll, beforeAll, expect, test } from 'vitest';
import { findTemplate } from '../../../app/publish/pull/find-template.ts';
import { git } from '../../git/git-client.ts';
import { openGitFixture, type GitFixture } from '../../git/git-fixture.ts';

let fixture: GitFixture;

beforeAll(async () => {
  fixture = await openGitFixture();
});

afterAll(() => fixture.close());

const CASES: readonly { files: Record<string, string>; found: string | null; title: string }[] = [
  { title: 'no template', files: { 'README.md': '# Engine\n' }, found: null },
  { title: 'one in .github', files: { '.github/pull_request_template.md': 'A\n' }, found: 'A\n' },
  { title: 'one in the root, in capitals', files: { 'PULL_REQUEST_TEMPLATE.md': 'A\n' }, found: 'A\n' },
  { title: 'one in docs, as text', files: { 'docs/pull_request_template.txt': 'A\n' }, found: 'A\n' },
  {
    title: '.github before the root and docs',
    files: {
      'docs/pull_request_template.md': 'C\n',
      'PULL_REQUEST_TEMPLATE.md': 'B\n',
      '.github/Pull_Request_Template.md': 'A\n',
    },
    found: 'A\n',
  },
  {
    title: 'the default of several in a folder, whatever its spelling',
    files: { '.github/Pull_Request_Template/Default.md': 'A\n', '.github/Pull_Request_Template/bug.md': 'B\n' },
    found: 'A\n',
  },
  { title: 'none of several without a default', files: { '.github/PULL_REQUEST_TEMPLATE/bug.md': 'B\n' }, found: null },
  {
    title: 'an empty one is passed over',
    files: { '.github/pull_request_template.md': ' \n', 'docs/PULL_REQUEST_TEMPLATE.md': 'C\n' },
    found: 'C\n',
  },
  {
    title: 'a folder of the same name elsewhere is not looked at',
    files: { 'src/pull_request_template.md': 'X\n' },
    found: null,
  },
];

for (const [index, { title, files, found }] of CASES.entries()) {
  test(title, async () => {
    const branch = `case-${index}`;
    await git(fixture.checkout, 'rm', '-rfq', '--ignore-unmatch', '.');
    await fixture.commit(branch, files);
    await fixture.refresh(branch);
    expect(await findTemplate(fixture.mirrors, { repositoryId: 7, branch })).toBe(found);
  });
}
