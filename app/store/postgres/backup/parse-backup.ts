import { z } from 'zod';

import { BACKUP_FORMAT, BACKUP_FORMAT_VERSION, DamagedBackup } from './backup-format.ts';
import type { BackupHeader, BackupSection, BackupTrailer } from './backup-format.ts';

const Header = z.object({
  format: z.literal(BACKUP_FORMAT),
  formatVersion: z.number(),
  bosunVersion: z.string(),
  createdAt: z.iso.datetime(),
  schema: z.array(z.string()).min(1),
});
const Section = z.object({ table: z.string().min(1), columns: z.array(z.string()).min(1) });
const Trailer = z.object({
  end: z.literal(true),
  rows: z.record(z.string(), z.number()),
  sequences: z.record(z.string(), z.string().regex(/^\d+$/)),
  sha256: z.string(),
});

/** Throws `DamagedBackup` for anything but the first line of a backup this version can read. */
export function parseHeader(value: unknown): BackupHeader {
  const header = Header.safeParse(value);
  if (!header.success) {
    throw new DamagedBackup('it does not begin like a backup of Bosun');
  }
  if (header.data.formatVersion > BACKUP_FORMAT_VERSION) {
    throw new DamagedBackup(`it is in format ${header.data.formatVersion}, which only a newer Bosun can read`);
  }
  return header.data;
}

/** The line before the rows of a table, or the last line. */
export function parseSection(value: unknown): BackupSection | BackupTrailer {
  const section = z.union([Trailer, Section]).safeParse(value);
  if (!section.success) {
    throw new DamagedBackup('a line of it is not as it was written');
  }
  return section.data;
}
