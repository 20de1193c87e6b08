/** What docker/metadata-action fails with, in short. */
export class PeerFault extends Error {}

/** What it would do is not worked out here: why, in words. */
export class PeerUnknown extends Error {}
