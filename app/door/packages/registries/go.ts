import { archive, metadata } from '../registry.ts';
import type { PackagePath, RegistryProtocol, Resource } from '../registry.ts';

const SUM_DATABASE = 'sum.golang.org';

/**
 * The protocol of GOPROXY, and the checksum database behind it. A module path begins with a domain of its author's choice,
 * and a proxy looks it up there, so that only prefixes of a list are fetched.
 */
export const go: RegistryProtocol = {
  type: 'go',
  url: 'https://proxy.golang.org',
  hosts: { sumdb: `https://${SUM_DATABASE}` },
  prefixes: [
    'github.com/',
    'gitlab.com/',
    'bitbucket.org/',
    'golang.org/',
    'google.golang.org/',
    'cloud.google.com/',
    'gopkg.in/',
    'k8s.io/',
    'sigs.k8s.io/',
    'knative.dev/',
    'istio.io/',
    'helm.sh/',
    'oras.land/',
    'go.uber.org/',
    'go.opentelemetry.io/',
    'go.etcd.io/',
    'go.mongodb.org/',
    'go.starlark.net/',
    'go.temporal.io/',
    'go.yaml.in/',
    'go.mozilla.org/',
    'gonum.org/',
    'gorm.io/',
    'gotest.tools/',
    'honnef.co/',
    'howett.net/',
    'lukechampine.com/',
    'modernc.org/',
    'mvdan.cc/',
    'nhooyr.io/',
    'rsc.io/',
    'buf.build/',
    'connectrpc.com/',
    'cuelang.org/',
    'dario.cat/',
    'entgo.io/',
    'ariga.io/',
    'filippo.io/',
    'cel.dev/',
    'tailscale.com/',
    'zgo.at/',
  ],

  route({ host, segments }: PackagePath): Resource | null {
    if (host !== null) {
      return null;
    }
    if (segments[0] === 'sumdb') {
      return segments[1] === SUM_DATABASE ? routeSumDatabase(segments.slice(2)) : null;
    }
    const path = `/${segments.join('/')}`;
    if (segments.length > 1 && segments.at(-1) === '@latest') {
      return metadata({ path, name: unescape(segments.slice(0, -1)) });
    }
    const [last = '', marker] = [segments.at(-1), segments.at(-2)];
    if (marker !== '@v' || segments.length < 3) {
      return null;
    }
    const name = unescape(segments.slice(0, -2));
    if (/^v\d.*\.(?:info|mod|zip)$/.test(last)) {
      return archive({ path, name });
    }
    // `main.info` asks where a branch is now
    return last === 'list' || last.endsWith('.info') ? metadata({ path, name }) : null;
  },
};

function routeSumDatabase(segments: readonly string[]): Resource | null {
  const path = `/${segments.join('/')}`;
  const host = 'sumdb';
  switch (segments[0]) {
    case 'supported':
      return { ...metadata({ host, path }), render: () => ({ type: 'text/plain', body: '' }) };
    case 'latest':
      return segments.length === 1 ? metadata({ host, path }) : null;
    case 'lookup': {
      const module = segments.slice(1).join('/');
      const at = module.lastIndexOf('@');
      return at > 0 ? archive({ host, path, name: unescape([module.slice(0, at)]) }) : null;
    }
    case 'tile':
      return archive({ host, path });
    default:
      return null;
  }
}

/** In paths a capital letter is written `!` and its small one. */
function unescape(segments: readonly string[]): string {
  return segments.join('/').replaceAll(/!([a-z])/g, (_all, letter: string) => letter.toUpperCase());
}
