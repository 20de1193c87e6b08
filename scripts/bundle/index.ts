// The entry of the bundle. It stands here, not in src, for the tsconfig.json beside it: the bundler wants ES
// modules from the compiler, and takes the options of the tsconfig.json that is nearest to the entry.
export {runAction, runCli} from '../../src/main.js'
