import { takeStart } from '../../../protocol/index.ts';
import { FLUSH, pktLine } from './pkt-line.ts';
import type { Push } from './parse-push.ts';

/** The report with which git itself would refuse, so that the person at the client reads why. */
export function refusePush(push: Push, reason: string): Buffer {
  const lines = push.commands.map((command) => pktLine(`ng ${command.ref} ${oneLine(reason)}\n`));
  const report = Buffer.concat([pktLine('unpack ok\n'), ...lines, FLUSH]);
  if (!push.capabilities.includes('side-band-64k')) {
    return report;
  }
  return Buffer.concat([pktLine(Buffer.concat([Buffer.from([1]), report])), FLUSH]);
}

function oneLine(text: string): string {
  return takeStart(text.replaceAll(/[\r\n]+/g, ' '), 300);
}
