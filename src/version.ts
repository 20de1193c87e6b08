/** The version of image-release; CHANGELOG.md says what is in it. */
export const PROGRAM_VERSION = '0.1.0'
