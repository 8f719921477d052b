import type { ConfigureClient } from './client.ts';

/** pip, uv, Pipenv and PDM; Poetry where its mirror plug-in is installed. */
export const configurePython: ConfigureClient = ({ url }) => {
  const index = `${url}/simple/`;
  return {
    env: {
      PIP_INDEX_URL: index,
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
      UV_INDEX_URL: index,
      UV_DEFAULT_INDEX: index,
      PIPENV_PYPI_MIRROR: index,
      PDM_PYPI_URL: index,
      POETRY_PYPI_MIRROR_URL: index,
    },
  };
};
