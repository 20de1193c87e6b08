/** Where the settings of a repository stand, unless the input `config` says otherwise. */
export const CONFIG_FILE = '.github/image-release.yml'
