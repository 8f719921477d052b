import type { PackageType } from '../../../protocol/index.ts';
import type { ClientRegistry, ConfigureClient } from './client.ts';
import { configureCargo } from './cargo.ts';
import { configureJvm } from './jvm.ts';
import { configureNode } from './node.ts';
import { configurePython } from './python.ts';

export const CLIENTS: Readonly<Record<PackageType, ConfigureClient>> = {
  npm: configureNode,
  pypi: configurePython,
  crates: configureCargo,
  go: configureGo,
  maven: configureJvm,
  rubygems: configureRuby,
  nuget: configureNuget,
  packagist: configureComposer,
  debian: configureApt,
};

/** The checksum database is asked through the mirror too, except for modules it cannot know. */
function configureGo({ url, privates }: ClientRegistry): ReturnType<ConfigureClient> {
  const unknown = privates.flatMap(({ names }) => names.map((name) => name.replace(/\/?\*?$/, '')));
  return { env: { GOPROXY: url, ...(unknown.length === 0 ? {} : { GONOSUMDB: unknown.join(',') }) } };
}

function configureRuby({ url }: ClientRegistry): ReturnType<ConfigureClient> {
  return { env: { BUNDLE_MIRROR__ALL: `${url}/` }, files: { '.gemrc': `---\n:sources:\n- ${url}/\n` } };
}

function configureNuget({ url }: ClientRegistry): ReturnType<ConfigureClient> {
  return {
    env: { DOTNET_CLI_TELEMETRY_OPTOUT: '1', DOTNET_NOLOGO: '1' },
    files: {
      '.nuget/NuGet/NuGet.Config': `<?xml version="1.0" encoding="utf-8"?>
<configuration>
  <packageSources>
    <add key="nuget.org" value="${url}/v3/index.json" protocolVersion="3" allowInsecureConnections="true" />
  </packageSources>
</configuration>
`,
    },
  };
}

function configureComposer({ url, home }: ClientRegistry): ReturnType<ConfigureClient> {
  const settings = {
    repositories: [{ type: 'composer', url }, { 'packagist.org': false }],
    // The mirror is on this machine's loopback, where there is no TLS
    config: { 'secure-http': false },
  };
  return {
    env: { COMPOSER_HOME: `${home}/.composer`, COMPOSER_NO_INTERACTION: '1' },
    files: { '.composer/config.json': `${JSON.stringify(settings, null, 2)}\n` },
  };
}

/** apt asks for the addresses in its own source list; as a proxy the forwarder answers for them. */
function configureApt({ origin, home }: ClientRegistry): ReturnType<ConfigureClient> {
  return {
    env: { APT_CONFIG: `${home}/.config/bosun/apt.conf` },
    files: { '.config/bosun/apt.conf': `Acquire::http::Proxy "${origin}";\nAcquire::Retries "1";\n` },
  };
}
