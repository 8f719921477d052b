import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MAX_CONVERSATION_BYTES } from './archive.ts';
import type { ConversationFile } from './archive.ts';

/** The files of a conversation below a directory; null when there are none, or more than is kept. */
export async function readConversation(
  directory: string,
  owns: (file: string) => boolean,
): Promise<ConversationFile[] | null> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files: ConversationFile[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(directory, file);
    if (!entry.isFile() || !owns(name)) {
      continue;
    }
    const content = await readFile(file).catch(() => null);
    bytes += content?.length ?? 0;
    if (bytes > MAX_CONVERSATION_BYTES) {
      return null;
    }
    if (content !== null) {
      files.push({ name, bytes: content });
    }
  }
  return files.length === 0 ? null : files;
}

export async function writeConversation(directory: string, files: readonly ConversationFile[]): Promise<void> {
  for (const { name, bytes } of files) {
    const file = path.join(directory, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
}

export async function removeConversation(directory: string, files: readonly ConversationFile[]): Promise<void> {
  for (const { name } of files) {
    await rm(path.join(directory, name), { force: true });
  }
}
