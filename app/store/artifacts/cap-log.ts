export const DEFAULT_MAX_LOG_BYTES = 10 * 1024 * 1024;

/**
 * What of `bytes` goes to the end of a log that holds `sizeBytes` already. The log keeps `maxBytes`; what first goes
 * beyond is replaced with one marker line, by which the log is longer than `maxBytes` and nothing more is added.
 */
export function capLog(log: { sizeBytes: number; maxBytes: number }, bytes: Uint8Array): Uint8Array {
  const room = log.maxBytes - log.sizeBytes;
  if (room < 0) {
    return new Uint8Array();
  }
  if (bytes.length <= room) {
    return bytes;
  }
  const marker = `\n[The log is longer than ${log.maxBytes} bytes; the rest was dropped.]\n`;
  return Buffer.concat([bytes.subarray(0, room), Buffer.from(marker)]);
}
