import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { LocalRegistry } from './local-registry.ts';

/** Publishes a package of one file; its packument names the registry's own address, as the real one does. */
export function publishNpm(
  registry: LocalRegistry,
  { name, version = '1.0.0', dependencies = {} }: { name: string; version?: string; dependencies?: object },
): Buffer {
  const manifest = { name, version, main: 'index.js', dependencies };
  const tarball = gzipSync(
    makeTar({
      'package/package.json': JSON.stringify(manifest),
      'package/index.js': `module.exports = ${JSON.stringify(`${name}@${version}`)};\n`,
    }),
  );
  const file = `/${name}/-/${name.split('/').at(-1)}-${version}.tgz`;
  const dist = {
    tarball: `${registry.url}${file}`,
    integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    shasum: createHash('sha1').update(tarball).digest('hex'),
  };
  registry.files.set(file, tarball);
  registry.files.set(`/${name}`, {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, dist } },
  });
  return tarball;
}

/** A tar archive in the plain format of 1988, which every client reads. */
export function makeTar(files: Readonly<Record<string, string | Buffer>>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, content]) => {
    const body = Buffer.from(content as string);
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write('0000644\0', 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write('0', 156);
    header.write('ustar\0', 257);
    header.write('00', 263);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
