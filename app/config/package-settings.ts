import { PACKAGE_TYPES } from '../../protocol/index.ts';
import { anyText, someOrNone, url } from './read/readers.ts';
import { setting } from './setting.ts';

/** Settings of package mirrors. */
export const PACKAGE_SETTINGS = {
  BOSUN_PACKAGES: setting('BOSUN_PACKAGES', someOrNone(PACKAGE_TYPES), {
    group: 'Worker',
    description:
      'Package registries that set-up commands may install from, through mirrors of this server. `none` closes all of them.',
    fallback: PACKAGE_TYPES.join(','),
    example: 'npm,pypi',
  }),
  BOSUN_CONFIG: setting('BOSUN_CONFIG', anyText('the path of a YAML file'), {
    group: 'Server',
    description:
      'A YAML file with settings that are lists: `registries` ([packages](packages.md)), `providers` and `tiers` of models ([models](models.md)).',
    example: '/etc/bosun/bosun.yml',
  }),
  HTTPS_PROXY: setting('HTTPS_PROXY', url({ protocols: ['http:', 'https:'], credentials: 'allowed' }), {
    group: 'Server',
    description:
      'A proxy for requests of this server to package registries. `NO_PROXY` names hosts it is not used for.',
    example: 'http://proxy.example.com:3128',
    secret: true,
  }),
  NO_PROXY: setting('NO_PROXY', anyText('host names separated by commas'), {
    group: 'Server',
    description: 'Hosts that are reached without HTTPS_PROXY.',
    example: '127.0.0.1,.example.com',
  }),
} as const;
