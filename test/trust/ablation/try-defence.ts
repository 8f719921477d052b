// One attack in a process of its own: `try-defence.ts NAME [off]`. Prints `through` or `kept out`. With `off` the source of the
// defence is changed while it is loaded; nothing in the product can do that.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { switchOff } from './defence.ts';
import { DEFENCES } from './defences.ts';

const [name, off] = process.argv.slice(2);
const defence = DEFENCES.find((each) => each.name === name);
if (defence === undefined) {
  throw new Error(`there is no defence ${name}`);
}
const url = new URL(`../../../${defence.file}`, import.meta.url).href;
if (off === 'off') {
  registerHooks({
    load: (loaded, context, next) =>
      loaded === url
        ? {
            format: 'module-typescript',
            source: switchOff(defence, readFileSync(new URL(url), 'utf8')),
            shortCircuit: true,
          }
        : next(loaded, context),
  });
}
console.log((await defence.attack()) ? 'through' : 'kept out');
