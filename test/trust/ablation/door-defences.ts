import type { Defence } from './defence.ts';

const ASK = { model: 'm', messages: [{ role: 'user', content: 'hi' }], max_tokens: 10 };
const OWN = 'refs/heads/bosun/1';
const SHA = 'a'.repeat(40);

/** The door: what a worker may ask of a model, and what it may push. */
export const DOOR_DEFENCES: readonly Defence[] = [
  asks('tools of the provider', 'A worker cannot have the provider search, fetch or run anything', {
    file: 'app/door/model/anthropic/check-tools.ts',
    from: "if (type !== undefined && type !== null && (typeof type !== 'string' || !CLIENT_TOOL.test(type))) {",
    to: 'if (name === null) {',
    body: { ...ASK, tools: [{ type: 'web_fetch_20250910', name: 'web_fetch' }] },
  }),
  asks('fields of tools', 'A worker cannot add fields to tools that nobody looked at', {
    file: 'app/door/model/anthropic/check-tools.ts',
    from: "if (field === 'allowed_callers' ? !isDirectOnly(value) : !TOOL_FIELDS.has(field)) {",
    to: 'if (value === TOOL_FIELDS) {',
    body: { ...ASK, tools: [{ name: 'a', input_schema: {}, url: 'https://evil.test' }] },
  }),
  asks('fields of requests', 'A worker cannot send fields that nobody looked at, such as servers for MCP', {
    file: 'app/door/model/anthropic/check-body.ts',
    from: 'const Body = z.strictObject({\n  model:',
    to: 'const Body = z.looseObject({\n  model:',
    body: { ...ASK, mcp_servers: [{ type: 'url', url: 'https://evil.test' }] },
  }),
  pushes('its own branch', 'A worker pushes to no branch but its own', {
    from: 'if (wrong !== undefined) {',
    to: 'if (wrong === null) {',
    commands: [{ ref: 'refs/heads/main', newSha: SHA }],
  }),
  pushes('one update', 'A worker pushes one thing at a time', {
    from: 'if (push.commands.length !== 1) {',
    to: 'if (push.commands.length === 0) {',
    commands: [
      { ref: OWN, newSha: SHA },
      { ref: OWN, newSha: 'b'.repeat(40) },
    ],
  }),
  pushes('no deletion', 'A worker deletes no branch', {
    from: 'if (first?.newSha === ZERO) {',
    to: 'if (first?.newSha === own) {',
    commands: [{ ref: OWN, newSha: '0'.repeat(40) }],
  }),
  pushes('no push options', 'A worker sends no options with a push', {
    from: "if (push.capabilities.includes('push-options')) {",
    to: "if (push.capabilities.includes('')) {",
    commands: [{ ref: OWN, newSha: SHA }],
    capabilities: ['push-options'],
  }),
  {
    name: 'the budget wall',
    claim: 'A request that could cost more than is left is not sent',
    file: 'app/store/rules/charge.ts',
    off: { from: 'if (request.upperNano > leftNano) {', to: 'if (request.upperNano < 0) {' },
    attack: async () => {
      const { decideDraw } = await import('../../../app/store/rules/charge.ts');
      const attempt = { budgetNano: 100, spentNano: 60, inflightNano: 0 };
      return decideDraw(attempt, { upperNano: 50, keepNano: 0 }) !== 'exhausted';
    },
  },
  {
    name: 'requests under way count',
    claim: 'Requests side by side cannot spend the same money',
    file: 'app/store/rules/charge.ts',
    off: { from: ' - attempt.inflightNano;', to: ';' },
    attack: async () => {
      const { decideDraw } = await import('../../../app/store/rules/charge.ts');
      const attempt = { budgetNano: 100, spentNano: 0, inflightNano: 80 };
      return decideDraw(attempt, { upperNano: 50, keepNano: 0 }) === 'draw';
    },
  },
  {
    name: 'unknown cost is the bound',
    claim: 'An answer whose end nobody saw costs what was set aside for it',
    file: 'app/door/model/money/decide-cost.ts',
    off: { from: 'return { costNano: bounds.upperNano, usage };', to: 'return { costNano: 0, usage };' },
    attack: async () => {
      const { decideCost } = await import('../../../app/door/model/money/decide-cost.ts');
      const bounds = { upperNano: 1_000, inputNano: 10, maxTokens: 100 } as Parameters<typeof decideCost>[1];
      return decideCost({ ending: 'given_up', streamed: false, facts: null }, bounds).costNano < 1_000;
    },
  },
];

function asks(name: string, claim: string, given: { file: string; from: string; to: string; body: object }): Defence {
  return {
    name,
    claim,
    file: given.file,
    off: given,
    attack: async () => {
      const { checkBody } = await import('../../../app/door/model/anthropic/check-body.ts');
      return checkBody(structuredClone(given.body)).ok;
    },
  };
}

function pushes(
  name: string,
  claim: string,
  given: {
    from: string;
    to: string;
    commands: readonly { ref: string; newSha: string }[];
    capabilities?: readonly string[];
  },
): Defence {
  return {
    name,
    claim,
    file: 'app/git/serve/decide-push.ts',
    off: given,
    attack: async () => {
      const { decidePush } = await import('../../../app/git/serve/decide-push.ts');
      const commands = given.commands.map((command) => ({ oldSha: '0'.repeat(40), ...command }));
      const push = { commands, capabilities: [...(given.capabilities ?? [])], extras: [] };
      return decidePush(push as unknown as Parameters<typeof decidePush>[0], 'bosun/1').allowed;
    },
  };
}
