import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { AGENT_PROGRAM_NAMES } from '../../../protocol/index.ts';
import type { AgentProgramName } from '../../../protocol/index.ts';

/** What a program keeps of its conversation with the model: an id, and the files below its own directory. */
export interface Conversation {
  readonly agent: AgentProgramName;
  readonly id: string;
  readonly files: readonly ConversationFile[];
}

export interface ConversationFile {
  /** Relative to the directory of the program. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** Most bytes of all files together. */
export const MAX_CONVERSATION_BYTES = 64 * 1024 * 1024;

/** Relative, and without a step upwards. */
const FileName = z.string().regex(/^(?!\/)(?!(?:.*\/)?\.\.?(?:\/|$))[^\0]{1,500}$/);
const Archive = z.object({
  version: z.literal(1),
  agent: z.enum(AGENT_PROGRAM_NAMES),
  id: z.string().regex(/^[\w-]{1,200}$/),
  files: z.array(z.object({ name: FileName, base64: z.string() })).max(1_000),
});

/** One compressed document, which only another worker reads. */
export async function packConversation({ agent, id, files }: Conversation): Promise<Buffer> {
  const entries = files.map(({ name, bytes }) => ({ name, base64: bytes.toString('base64') }));
  const archive: z.infer<typeof Archive> = { version: 1, agent, id, files: entries };
  return promisify(gzip)(JSON.stringify(archive), { level: 6 });
}

/** Null for anything that `packConversation` does not write: an earlier worker may have been anyone's. */
export async function unpackConversation(bytes: Uint8Array): Promise<Conversation | null> {
  try {
    const text = await promisify(gunzip)(bytes, { maxOutputLength: 2 * MAX_CONVERSATION_BYTES });
    const { agent, id, files } = Archive.parse(JSON.parse(text.toString('utf8')));
    return { agent, id, files: files.map(({ name, base64 }) => ({ name, bytes: Buffer.from(base64, 'base64') })) };
  } catch {
    return null;
  }
}
