import { takeStart } from '../../../../protocol/index.ts';
import { MOST_FINDINGS, TOO_MANY, type Finding, type ParsedReport } from './finding.ts';

const TAG = /<(\/?)(testsuites?|testcase|failure|error)\b([^<>]*?)(\/?)>/g;
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/**
 * JUnit's XML as test runners write it: each failed test case is a finding at the file and line it names. Nothing of XML is
 * used beyond elements, attributes and the five entities; a document type, which could define more, is refused.
 */
export function parseJunit(text: string): ParsedReport {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) {
    return { ok: false, problem: 'it has a document type' };
  }
  if (!/<testsuites?\b/.test(text)) {
    return { ok: false, problem: 'it is no JUnit report' };
  }
  const findings: Finding[] = [];
  let isOpen = 0;
  let test: Readonly<Record<string, string>> = {};
  for (const [, closing, name, rest = '', selfClosing] of text.matchAll(TAG)) {
    if (name === 'testsuite' || name === 'testsuites') {
      isOpen += closing === '/' ? -1 : Number(selfClosing !== '/');
    } else if (name === 'testcase' && closing !== '/') {
      test = readAttributes(rest);
    } else if (closing !== '/') {
      findings.push(describe(test, readAttributes(rest)));
    }
    if (findings.length > MOST_FINDINGS) {
      return TOO_MANY;
    }
  }
  return isOpen === 0 ? { ok: true, findings } : { ok: false, problem: 'it ends in the middle' };
}

function describe(test: Readonly<Record<string, string>>, failure: Readonly<Record<string, string>>): Finding {
  const line = Number(test['line'] ?? '1');
  return {
    path: takeStart((test['file'] ?? '').replace(/^(?:\/[^/]+)*\/repository\//, '').replace(/^(?:\.\/)+/, ''), 400),
    line: Number.isSafeInteger(line) && line > 0 ? line : 1,
    level: 'failure',
    title: takeStart([test['classname'], test['name']].filter(Boolean).join(' '), 100),
    message: takeStart(failure['message'] ?? failure['type'] ?? 'failed', 300),
  };
}

function readAttributes(text: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [, name = '', double, single] of text.matchAll(ATTRIBUTE)) {
    found[name] = (double ?? single ?? '').replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{2,4}));/gi, decode);
  }
  return found;
}

function decode(whole: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) {
    return ENTITIES[name] ?? whole;
  }
  const code = decimal === undefined ? Number.parseInt(hex ?? '0', 16) : Number(decimal);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
}
