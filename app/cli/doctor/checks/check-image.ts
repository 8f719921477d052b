import { takeStart } from '../../../../protocol/index.ts';
import { checkEngine } from '../../../compute/docker/check-engine.ts';
import { checkImage } from '../../../compute/docker/check-image.ts';
import { openEngine } from '../../../compute/docker/open-engine.ts';
import { findImage } from '../../../compute/docker/worker-image.ts';
import { imageNamed, isOnCluster } from '../../../config/images-section.ts';
import { fail, ok, skip, warn, type Check, type Examined } from '../check.ts';

const NAME = 'image';

/** Runs a container of an image as a worker would, and names what is missing in it. */
export async function tryImage({ config }: Examined, asked: string): Promise<Check> {
  if (config.compute !== 'docker') {
    const why = isOnCluster(config.compute)
      ? 'images are on the nodes of the cluster; try them with BOSUN_COMPUTE=docker on a machine with an engine'
      : 'images are used with BOSUN_COMPUTE=docker';
    return skip(NAME, `not tried: workers run with ${config.compute}; ${why}`);
  }
  const { images, runtime, socketPath } = config.containers;
  const image = imageNamed(images, asked) ?? takeStart(asked, 255);
  const engine = openEngine(socketPath);
  const checked = await checkEngine(engine, { socketPath, image, runtime });
  if (!checked.ok) {
    return skip(NAME, `not tried: ${checked.reason}`);
  }
  const found = await findImage(engine, image);
  if (!found.found) {
    return fail(NAME, found.reason, found.remedy);
  }
  const seen = await checkImage(engine, { image: found.image, nodePath: process.execPath, runtime });
  if (!seen.ok) {
    return fail(NAME, seen.reason, seen.remedy);
  }
  const { git, programs, shell, tar } = seen.tools;
  const missing = [
    ...(shell ? [] : ['/bin/sh (set-up and tests are shell commands)']),
    ...(tar ? [] : ['tar (environments are not kept)']),
  ];
  const has = `${image}: ${git}${programs.length === 0 ? '' : `, ${programs.join(', ')}`}`;
  return missing.length === 0
    ? ok(NAME, has)
    : warn(NAME, `${has}; missing: ${missing.join(', ')}`, 'Install what is missing in the image, and build it again.');
}
