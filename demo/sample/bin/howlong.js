#!/usr/bin/env node
import { formatDuration } from '../src/format.js';
import { parseDuration } from '../src/parse.js';

const text = process.argv.slice(2).join(' ');
try {
  console.log(/^\d+$/.test(text) ? formatDuration(Number(text)) : parseDuration(text));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
