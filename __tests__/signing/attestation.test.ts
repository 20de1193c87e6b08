import '../support/sigstore.js'

// What takes requests out of the way must stand before anything is linked to node:https: jest 30 on Node 24 gives a
// module what the functions of Node's own modules are at that moment.
await import('./attestation-suite.js')
