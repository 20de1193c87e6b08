/** Every link to a file of this project, and to a heading of one, must lead somewhere. */
export default {plugins: [['remark-validate-links', {repository: false}]]}
