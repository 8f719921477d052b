import type { ConfigureClient } from './client.ts';

/**
 * Sources are replaced instead of named, because `Cargo.lock` holds the address of the source and has to stay as it is.
 */
export const configureCargo: ConfigureClient = ({ url, home, privates }) => {
  const own = privates
    .filter((registry) => registry.itsUrl !== undefined)
    .map(
      ({ name, itsUrl, url: mirror }) => `
[source."${name}-upstream"]
registry = "sparse+${itsUrl}/"
replace-with = "${name}-mirror"

[source."${name}-mirror"]
registry = "sparse+${mirror}/"
`,
    );
  return {
    env: { CARGO_HOME: `${home}/.cargo` },
    files: {
      '.cargo/config.toml': `[source.crates-io]
replace-with = "mirror"

[source.mirror]
registry = "sparse+${url}/"
${own.join('')}`,
    },
  };
};
